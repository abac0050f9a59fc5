import type { Terminal } from '../lib/ui/terminal.ts';
import { openRequest } from '../lib/server/request.ts';
import type { ModelServerAddress, ServedServer } from '../lib/server/router.ts';

/** What a server is good for, to be shown and pasted. */
export interface Endpoints {
  readonly openai: string;
  readonly anthropic: string;
  readonly health: string;
  /** The web page of llama-server; builds without one have none. */
  readonly webUi?: string;
}

const SECONDS = 5;

/** The addresses of a server that clients are pointed to. */
export async function endpointsOf(
  { address, url }: ServedServer,
  signal: AbortSignal,
): Promise<Endpoints> {
  return {
    openai: `${url}/v1`,
    anthropic: `${url}/v1/messages`,
    health: `${url}/health`,
    ...((await hasWebUi(address, signal)) ? { webUi: `${url}/` } : {}),
  };
}

async function hasWebUi(address: ModelServerAddress, signal: AbortSignal): Promise<boolean> {
  const answer = await openRequest(address, {
    method: 'GET',
    path: '/',
    signal,
    timeoutSeconds: SECONDS,
  });
  answer.destroy();
  return answer.statusCode === 200;
}

/**
 * Shows the endpoints and a line that asks a model, ready to be pasted.
 *
 * @param model the name by which the server knows a model, if there is one
 */
export function showEndpoints(
  terminal: Terminal,
  server: ServedServer,
  endpoints: Endpoints,
  model: string | undefined,
): void {
  const { outStyle } = terminal;
  const rows: (readonly [string, string])[] = [
    ['OpenAI', endpoints.openai],
    ['Anthropic', endpoints.anthropic],
    ...(endpoints.webUi === undefined ? [] : [['Web UI', endpoints.webUi] as const]),
    ['Health', endpoints.health],
  ];
  for (const [name, url] of rows) terminal.print(`${outStyle.bold(name.padEnd(9))}  ${url}`);
  if (server.apiKeyFile !== undefined) {
    terminal.print(`${outStyle.bold('API key')}    in ${server.apiKeyFile}`);
  }
  if (model === undefined) return;
  terminal.print('');
  terminal.print(curlLine(server, model));
}

/** The key is read from its file by the shell, so that it stands on no screen and in no history. */
function curlLine({ apiKeyFile, url }: ServedServer, model: string): string {
  const key =
    apiKeyFile === undefined ? '' : ` -H "Authorization: Bearer $(cat ${quote(apiKeyFile)})"`;
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
  return `curl ${url}/v1/chat/completions${key} -d ${quote(body)}`;
}

function quote(text: string): string {
  return /^[\w/.:@+-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
