import path from 'node:path';

import {
  API,
  type Project,
  SignatureKind,
  type Type,
  type TypeReference,
} from 'typescript/unstable/sync';

import { type JsonSchema, SchemaMaker } from './json-schema.ts';

/** A command of the manifest, as far as its document goes. */
export interface DocumentedCommand {
  readonly id: string;
  readonly enableJsonFlag?: boolean;
  readonly hidden?: boolean;
}

/** What is printed as JSON and is no document of a command by itself. */
const FURTHER: readonly { name: string; title: string; file: string; type: string }[] = [
  {
    name: 'error',
    title: 'An error of any command with --json',
    file: 'src/lib/ui/error-text.ts',
    type: 'ErrorDocument',
  },
  {
    name: 'pull-event',
    title: 'A line of llamero pull --json before the last',
    file: 'src/views/pull-lines.ts',
    type: 'PullLine',
  },
  {
    name: 'run-event',
    title: 'A line of llamero run --output stream-json',
    file: 'src/views/one-shot-output.ts',
    type: 'AnswerLine',
  },
];

/** The schema of the lines that a command prints beside its document, where it prints such. */
export function eventSchemaOf(id: string): { name: string; title: string } | undefined {
  return FURTHER.find(({ name }) => name === `${schemaName(id)}-event`);
}

/** The name of a command's schema: `config-get` for `config get`. */
export function schemaName(id: string): string {
  return id.replaceAll(':', '-');
}

/**
 * The JSON Schemas of all that is printed as JSON, by name. The document of a command is what its
 * `run` returns, so its schema cannot be another. The compiler's own API is asked, that of
 * TypeScript 7, which is still called unstable: when it changes, this wing does.
 *
 * @param root the folder of package.json
 */
export function makeSchemas(
  root: string,
  commands: readonly DocumentedCommand[],
): Map<string, JsonSchema> {
  const api = new API({ cwd: root });
  try {
    const [project] = api
      .updateSnapshot({ openProjects: [path.join(root, 'tsconfig.json')] })
      .getProjects();
    if (project === undefined) throw new Error('tsconfig.json could not be opened');
    const schemas = new Map<string, JsonSchema>();
    const add = (name: string, title: string, type: Type): void => {
      // Paths are compared as the compiler writes them.
      const sources = path.join(root, 'src/').replaceAll(path.sep, '/');
      schemas.set(name, new SchemaMaker(project, sources).document(type, title));
    };
    for (const { enableJsonFlag, hidden, id } of commands) {
      if (hidden === true || enableJsonFlag !== true) continue;
      const title = `llamero ${id.replaceAll(':', ' ')} --json`;
      add(schemaName(id), title, documentOf(project, root, id));
    }
    for (const { file, name, title, type } of FURTHER) {
      const symbol = exportOf(project, path.join(root, file), type);
      if (symbol === undefined) throw new Error(`${file} exports no ${type}`);
      add(name, title, project.checker.getDeclaredTypeOfSymbol(symbol));
    }
    return schemas;
  } finally {
    api.close();
  }
}

/** What the promise of a command's `run` is resolved with. */
function documentOf(project: Project, root: string, id: string): Type {
  const file = path.join(root, 'src/commands', ...id.split(':'));
  const { checker } = project;
  const command =
    exportOf(project, `${file}.ts`, 'default') ??
    exportOf(project, path.join(file, 'index.ts'), 'default');
  const run = command && checker.getPropertyOfType(checker.getDeclaredTypeOfSymbol(command), 'run');
  const method = run && checker.getTypeOfSymbol(run);
  const [signature] = method ? checker.getSignaturesOfType(method, SignatureKind.Call) : [];
  const promise = signature && checker.getReturnTypeOfSignature(signature);
  const [document] = promise ? checker.getTypeArguments(promise as TypeReference) : [];
  if (document === undefined) throw new Error(`The command ${id} has no run with a document`);
  return document;
}

function exportOf({ checker, program }: Project, file: string, name: string) {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  return module && checker.getExportsOfModule(module).find((each) => each.name === name);
}
