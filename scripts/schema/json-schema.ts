import {
  type Checker,
  type Project,
  type Symbol as TypeSymbol,
  SignatureKind,
  SymbolFlags,
  type Type,
  TypeFlags,
  type TypeReference,
} from 'typescript/unstable/sync';

/** A JSON Schema, draft 2020-12, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

const ABSENT = TypeFlags.Undefined | TypeFlags.Void;

/** JSON has one form for each of them. */
const PRIMITIVES: readonly (readonly [flag: TypeFlags, name: string])[] = [
  [TypeFlags.String | TypeFlags.TemplateLiteral, 'string'],
  [TypeFlags.Number, 'number'],
  [TypeFlags.Boolean, 'boolean'],
  [TypeFlags.Null, 'null'],
  [TypeFlags.NonPrimitive, 'object'],
];

/**
 * The JSON Schema of a TypeScript type: of what `JSON.stringify` makes of its values. Objects are
 * left open, since more keys may join. Named types of the sources become `$defs`.
 */
export class SchemaMaker {
  readonly #checker: Checker;
  readonly #sources: string;
  readonly #definitions = new Map<string, JsonSchema>();
  readonly #names = new Map<number, string>();

  /** @param sources the folder whose types are named in `$defs` */
  constructor({ checker }: Project, sources: string) {
    this.#checker = checker;
    this.#sources = sources;
  }

  /**
   * The schema of one document.
   *
   * @throws Error for a type that has no form in JSON
   */
  document(type: Type, title: string): JsonSchema {
    const schema = this.#describeRoot(type);
    const definitions = [...this.#definitions].sort(([one], [other]) => (one < other ? -1 : 1));
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title,
      ...schema,
      ...(definitions.length === 0 ? {} : { $defs: Object.fromEntries(definitions) }),
    };
  }

  /** What the document is stands at its root, not behind a reference. */
  #describeRoot(type: Type): JsonSchema {
    const members = type.isUnionType() ? type.getTypes().filter(isPresent) : [type];
    const [only] = members;
    const root = members.length === 1 && only !== undefined ? only : type;
    const symbol = this.#nameOf(root);
    if (symbol === undefined) return this.#describe(root);
    return { ...this.#comment(symbol), ...this.#describeObject(root) };
  }

  #describe(type: Type): JsonSchema {
    if (type.isErrorType())
      throw new Error('A type could not be resolved: do the sources compile?');
    if (type.isUnionType()) return this.#describeUnion(type.getTypes());
    if ((type.flags & (TypeFlags.Any | TypeFlags.Unknown)) !== 0) return {};
    if (type.isLiteralType()) return { const: type.value };
    for (const [flag, name] of PRIMITIVES) if ((type.flags & flag) !== 0) return { type: name };
    if (type.isObjectType() || type.isIntersectionType()) return this.#describeNonPrimitive(type);
    throw new Error(`${this.#checker.typeToString(type)} has no form in JSON`);
  }

  #describeUnion(members: readonly Type[]): JsonSchema {
    const schemas = members.filter(isPresent).map((member) => this.#describe(member));
    const values = schemas.filter((schema) => 'const' in schema).map((schema) => schema['const']);
    const isSwitch = values.includes(true) && values.includes(false);
    const words = isSwitch ? values.filter((value) => typeof value !== 'boolean') : values;
    const names = schemas.filter(isPlainType).map((schema) => schema['type']);
    if (isSwitch) names.push('boolean');
    const rest = schemas.filter((schema) => !('const' in schema) && !isPlainType(schema));
    const parts = [
      ...rest,
      ...(words.length === 0 ? [] : [words.length === 1 ? { const: words[0] } : { enum: words }]),
      ...(names.length === 0 ? [] : [{ type: names.length === 1 ? names[0] : names }]),
    ];
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { anyOf: parts };
  }

  #describeNonPrimitive(type: Type): JsonSchema {
    const checker = this.#checker;
    if (type.isTupleType()) throw new Error(`${checker.typeToString(type)}: give its parts names`);
    if (checker.isArrayType(type)) {
      const [element] = checker.getTypeArguments(type as TypeReference);
      return { type: 'array', items: element === undefined ? {} : this.#describe(element) };
    }
    const symbol = type.getSymbol();
    if (symbol?.name === 'Date') return { type: 'string', format: 'date-time' };
    const name = this.#nameOf(type);
    return name === undefined ? this.#describeObject(type) : this.#refer(type, name);
  }

  #refer(type: Type, symbol: TypeSymbol): JsonSchema {
    let name = this.#names.get(type.id);
    if (name === undefined) {
      ({ name } = symbol);
      if (this.#definitions.has(name)) throw new Error(`Two types are called ${name}`);
      this.#names.set(type.id, name);
      // Its place is taken before it is described: it may refer to itself.
      this.#definitions.set(name, {});
      this.#definitions.set(name, { ...this.#comment(symbol), ...this.#describeObject(type) });
    }
    return { $ref: `#/$defs/${name}` };
  }

  #describeObject(type: Type): JsonSchema {
    const checker = this.#checker;
    if (type.isUnionType()) return this.#describe(type);
    if (checker.getSignaturesOfType(type, SignatureKind.Call).length > 0) {
      throw new Error(`${checker.typeToString(type)} is a function: it has no form in JSON`);
    }
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    for (const symbol of checker.getPropertiesOfType(type)) {
      const property = checker.getTypeOfSymbol(symbol);
      if (property === undefined) throw new Error(`${symbol.name} has no type`);
      properties[symbol.name] = { ...this.#comment(symbol), ...this.#describe(property) };
      if (!isOptional(symbol, property)) required.push(symbol.name);
    }
    const [index] = checker.getIndexInfosOfType(type);
    return {
      type: 'object',
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...(required.length === 0 ? {} : { required }),
      ...(index === undefined ? {} : { additionalProperties: this.#describe(index.valueType) }),
    };
  }

  /** The symbol that gives a type of the sources its name. */
  #nameOf(type: Type): TypeSymbol | undefined {
    if (type.getAliasTypeArguments().length > 0) return undefined;
    const symbol = type.getAliasSymbol() ?? type.getSymbol();
    if (symbol === undefined) return undefined;
    if ((symbol.flags & (SymbolFlags.Interface | SymbolFlags.TypeAlias)) === 0) return undefined;
    const isOurs = symbol.declarations.some(({ path }) => path.startsWith(this.#sources));
    return isOurs ? symbol : undefined;
  }

  #comment(symbol: TypeSymbol): JsonSchema {
    const description = symbol.getDocumentationComment(this.#checker).replaceAll(/\s+/gu, ' ');
    return description === '' ? {} : { description };
  }
}

function isPresent({ flags }: Type): boolean {
  return (flags & ABSENT) === 0;
}

function isPlainType(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 1 && typeof schema['type'] === 'string';
}

/** JSON leaves a key away whose value is undefined. */
function isOptional(symbol: TypeSymbol, type: Type): boolean {
  if ((symbol.flags & SymbolFlags.Optional) !== 0) return true;
  const members = type.isUnionType() ? type.getTypes() : [type];
  return !members.every(isPresent);
}
