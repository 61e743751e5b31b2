/** A node of a parsed rule: what it does, and to what. */
export interface RuleNode {
  readonly op: string;
  readonly args: unknown;
}

/** Where a rule finds what it names. */
export interface RulePlaces {
  /** JavaScript that reads a feature or an output, undefined where the name is neither. */
  variable(name: string): string | undefined;
  /** The bit of an alias's scheme. */
  schemeBit(scheme: string): number;
}

const BINARY: Readonly<Record<string, string>> = {
  '+': '+',
  '-': '-',
  '*': '*',
  '/': '/',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '==': '===',
  '!=': '!==',
  '&&': '&&',
  '||': '||',
};

const CALLS: Readonly<Record<string, string>> = {
  min: 'Math.min',
  max: 'Math.max',
  abs: 'Math.abs',
  floor: 'Math.floor',
  ceil: 'Math.ceil',
  round: 'Math.round',
  log: 'Math.log',
};

/**
 * Turns a rule that has been parsed and checked into JavaScript of `v` (features), `s` (outputs), `a` (bits of schemes),
 * `items` and `none`. No word of the rule's text gets into it but as a quoted string: names become positions.
 * @returns undefined where the rule does something that is not one of the plain operations below
 */
export const ruleCode = (node: RuleNode, places: RulePlaces): string | undefined => {
  const code = (part: unknown): string => {
    const { op, args } = part as RuleNode;
    const list = args as RuleNode[];
    if (op === 'value') return literal(args);
    if (op === 'id') return places.variable(args as string) ?? unknown();
    if (op === '!_') return `(!${code(args)})`;
    if (op === '-_') return `(-${code(args)})`;
    if (op === '?:') return `(${code(list[0])}?${code(list[1])}:${code(list[2])})`;
    if (op === 'in' && list[1].op === 'list') {
      const among = (list[1].args as RuleNode[]).map((one) => `${code(list[0])}===${code(one)}`);
      return among.length === 0 ? 'false' : `(${among.join('||')})`;
    }
    if (op === '.') return attribute(args as [RuleNode, string]);
    if (op === 'call') return call(args as [string, RuleNode[]]);
    if (BINARY[op] === undefined) return unknown();
    // Spaces keep `a - -b` apart.
    return `(${code(list[0])} ${BINARY[op]} ${code(list[1])})`;
  };
  const call = ([name, args]: [string, RuleNode[]]): string => {
    if (name === 'alias' && args[0].op === 'value')
      return `((a & ${1 << places.schemeBit(String(args[0].args))}) !== 0)`;
    return Object.hasOwn(CALLS, name) ? `${CALLS[name]}(${args.map(code).join(',')})` : unknown();
  };
  const attribute = ([of, name]: [RuleNode, string]): string => {
    if (of.op !== 'call' || (of.args as [string])[0] !== 'item') return unknown();
    return `(items[${code((of.args as [string, RuleNode[]])[1][0])}] ?? none)[${JSON.stringify(name)}]`;
  };
  try {
    return code(node);
  } catch (thrown) {
    if (thrown === NOT_PLAIN) return undefined;
    throw thrown;
  }
};

const NOT_PLAIN = new Error('not a plain operation');

const unknown = (): never => {
  throw NOT_PLAIN;
};

const literal = (value: unknown): string =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
    ? JSON.stringify(value)
    : unknown();
