import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { BeckonError } from '../base/errors.ts';
import { didYouMean } from '../base/suggest.ts';
import type { Item } from '../features/items.ts';
import { type RuleNode, ruleCode } from './rule-code.ts';
import type { RuleItems } from './rule-items.ts';

/** @param values features, by position @param outputs of heads, by position @param aliases bits of {@link Rules.schemes} */
type Evaluate<T> = (values: Float64Array, outputs: Float64Array, aliases: number) => T | undefined;

/** A rule of the pack, compiled. */
export interface Rule<T> {
  /** Undefined where it asks for what is not there, such as an attribute that the item lacks. */
  readonly evaluate: Evaluate<T>;
  /** Names of the features that it reads. */
  readonly features: readonly string[];
}

/** What a rule must come to. */
export type RuleType = 'bool' | 'double' | 'string';

const TYPE_WORDS: Readonly<Record<RuleType, string>> = {
  bool: 'true or false',
  double: 'a number',
  string: 'a text',
};

/** Bits of a number. */
const SCHEMES_MAX = 30;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NONE: Item = Object.freeze(Object.create(null));

/**
 * The door of CEL, in which a pack says what depends on the customer: a library parses rules and checks their types
 * against the features and outputs there are. Rules of plain operations, nearly all, run as JavaScript made from the
 * parsed tree (a comparison in nanoseconds instead of some 200); the rest is evaluated by the library.
 *
 * All numbers are `double`, whole ones too: `orders >= 2` and `orders >= 2.0` are the same. Beside CEL's own there are
 * `min`, `max`, `abs`, `floor`, `ceil`, `round`, `log`, `alias("phone")` (has the customer such an alias?) and
 * `item(place)` (an item by its place in items.yaml, from 1: `item(runOutItem).sku`).
 */
export class Rules {
  /** Schemes of aliases that rules ask for, by bit. */
  readonly schemes: string[] = [];
  private readonly environment: Environment;
  private readonly features: readonly string[];
  private readonly outputs: readonly string[];
  private readonly items: RuleItems['list'];
  /** What functions of the library's own evaluation see. */
  private aliases = 0;

  constructor(features: readonly string[], outputs: readonly string[], items: RuleItems) {
    this.features = features;
    this.outputs = outputs;
    this.items = items.list;
    this.environment = new Environment({ limits: { maxDepth: 64, maxAstNodes: 1000 } });
    for (const name of this.names()) this.environment.registerVariable(name, 'double');
    const { environment } = this;
    environment.registerFunction('min(double, double): double', Math.min);
    environment.registerFunction('min(double, double, double): double', Math.min);
    environment.registerFunction('max(double, double): double', Math.max);
    environment.registerFunction('max(double, double, double): double', Math.max);
    for (const name of ['abs', 'floor', 'ceil', 'round', 'log'] as const)
      environment.registerFunction(`${name}(double): double`, Math[name]);
    environment.registerFunction(
      'alias(string): bool',
      (name: string) => (this.aliases & (1 << this.bitOf(name))) !== 0,
    );
    environment.registerFunction('item(double): map<string, dyn>', (place: number) => this.items[place] ?? NONE);
  }

  /** The bit of a scheme. @throws BeckonError PACK_INVALID where there are too many */
  bitOf(scheme: string): number {
    const known = this.schemes.indexOf(scheme);
    if (known >= 0) return known;
    if (this.schemes.length === SCHEMES_MAX)
      throw new BeckonError('PACK_INVALID', `the pack asks for more than ${SCHEMES_MAX} schemes of aliases`);
    return this.schemes.push(scheme) - 1;
  }

  /** @param where begins the sentence of an error. @throws BeckonError PACK_INVALID */
  boolean(text: string, where: string): Rule<boolean> {
    return this.compile(text, 'bool', where);
  }

  /** @param amount CEL, or the same number for everybody */
  number(amount: string | number, where: string): Rule<number> {
    return typeof amount === 'number' ? constant(amount) : this.compile(amount, 'double', where);
  }

  /** @param amount CEL, or the same text for everybody */
  text(amount: { cel: string } | string, where: string): Rule<string> {
    return typeof amount === 'string' ? constant(amount) : this.compile(amount.cel, 'string', where);
  }

  private names(): string[] {
    return [...new Set([...this.features, ...this.outputs.filter((name) => IDENTIFIER.test(name))])];
  }

  private compile<T>(text: string, wanted: RuleType, where: string): Rule<T> {
    const parsed = this.parse(text, where);
    const { valid, type, error } = parsed.check();
    if (!valid) throw invalid(where, this.why(error as CelError));
    // An attribute of an item is whatever the item has.
    if (type !== wanted && type !== 'dyn')
      throw invalid(where, `must be ${TYPE_WORDS[wanted]}, and is ${TYPE_WORDS[type as RuleType] ?? type}`);
    const used = new Set<string>();
    const code = ruleCode(parsed.ast as RuleNode, {
      variable: (name) => {
        used.add(name);
        return this.variable(name);
      },
      schemeBit: (scheme) => this.bitOf(scheme),
    });
    const evaluate = code === undefined ? this.slow<T>(parsed) : this.fast<T>(code);
    return {
      evaluate,
      features: this.features.filter((name) => (code === undefined ? text.includes(name) : used.has(name))),
    };
  }

  private variable(name: string): string | undefined {
    const feature = this.features.indexOf(name);
    if (feature >= 0) return `v[${feature}]`;
    const output = this.outputs.indexOf(name);
    return output < 0 ? undefined : `s[${output}]`;
  }

  /** Parses a rule in which whole numbers are written as such; CEL would tell them from the numbers of features. */
  private parse(text: string, where: string): ParseResult {
    try {
      const whole = wholeNumbers(this.environment.parse(text).ast as RuleNode & Ranged);
      let rewritten = text;
      for (const { start, end, value } of whole.sort((a, b) => b.start - a.start))
        rewritten = `${rewritten.slice(0, start)}${value}.0${rewritten.slice(end)}`;
      return this.environment.parse(rewritten);
    } catch (error) {
      throw invalid(where, this.why(error as CelError));
    }
  }

  private fast<T>(code: string): Evaluate<T> {
    // The text holds positions, operators and quoted strings only: see ruleCode.
    const make = new Function('items', 'none', `return (v, s, a) => ${code};`);
    return make(this.items, NONE) as Evaluate<T>;
  }

  private slow<T>(parsed: ParseResult): Evaluate<T> {
    const { features, outputs } = this;
    return (values, found, aliases) => {
      const context: Record<string, number> = {};
      for (const [i, name] of outputs.entries()) context[name] = found[i];
      for (const [i, name] of features.entries()) context[name] = values[i];
      this.aliases = aliases;
      try {
        return parsed(context) as T;
      } catch {
        return undefined;
      }
    };
  }

  private why({ code, summary, message, node, range }: CelError): string {
    const said = summary ?? message.split('\n')[0];
    const name = /^Unknown variable: (\w+)/.exec(said)?.[1];
    if (name !== undefined) return `there is no feature or output \`${name}\`${didYouMean(name, this.names())}`;
    const called = /'(\w+)\(/.exec(said)?.[1];
    if (code === 'no_matching_overload' && called !== undefined)
      return `there is no \`${called}\` that takes these${didYouMean(
        called,
        FUNCTIONS.filter((one) => one !== called),
      )}`;
    const at = (range ?? node?.range)?.start;
    return `is no rule of CEL: ${said}${at === undefined ? '' : ` (at character ${at + 1})`}`;
  }
}

const FUNCTIONS = ['min', 'max', 'abs', 'floor', 'ceil', 'round', 'log', 'alias', 'item'];

interface Ranged {
  readonly range: { readonly start: number; readonly end: number };
}

interface CelError extends Error, Partial<Ranged> {
  readonly code?: string;
  readonly summary?: string;
  readonly node?: Partial<Ranged>;
}

const wholeNumbers = (node: RuleNode & Ranged): { start: number; end: number; value: bigint }[] => {
  if (node.op === 'value') return typeof node.args === 'bigint' ? [{ ...node.range, value: node.args }] : [];
  const parts = (Array.isArray(node.args) ? node.args.flat(2) : [node.args]) as unknown[];
  return parts
    .filter((part): part is RuleNode & Ranged => typeof part === 'object' && part !== null && 'op' in part)
    .flatMap(wholeNumbers);
};

const constant = <T>(value: T): Rule<T> => ({ evaluate: () => value, features: [] });

const invalid = (where: string, why: string): BeckonError => new BeckonError('PACK_INVALID', `${where}: ${why}`);
