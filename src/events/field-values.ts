import { textHash } from '../base/text-hash.ts';
import { FIELD_CODES, FIELD_NAMES } from './field-names.ts';

export type Data = Readonly<Record<string, unknown>>;

const KIND = { none: 0, number: 1, boolean: 2, text: 3, other: 4 } as const;
const LINES = FIELD_CODES.get('lines') as number;
const NO_LINES = -1;
const NOT_ASKED = -2;

/**
 * The fields of an event's data, or of one of its lines, by the positions of their names. One object is filled again and
 * again, from bytes or from an object, and makes nothing anew.
 */
export class FieldValues {
  /** Fields told in another turn than this are not there. */
  private turn = 0;
  private readonly turns = new Float64Array(FIELD_NAMES.length);
  private readonly kinds = new Uint8Array(FIELD_NAMES.length);
  private readonly numbers = new Float64Array(FIELD_NAMES.length);
  /** Texts, and what is neither number, boolean nor text. */
  private readonly others: unknown[] = FIELD_NAMES.map(() => undefined);
  private readonly hashes = new Uint32Array(FIELD_NAMES.length);
  /** Asked for each field, once; undefined where all fields were told. */
  private object: Data | undefined;
  private readonly lines: FieldValues[] = [];
  private linesTold = NO_LINES;

  /** Forgets all fields; those of the object are known from now on. */
  begin(object?: Data): void {
    this.turn++;
    this.object = object;
    this.linesTold = object === undefined ? NO_LINES : NOT_ASKED;
  }

  /** The list of lines that is told next begins. */
  beginLines(): void {
    this.linesTold = 0;
  }

  /** The line that is told next, or known from an object. */
  addLine(object?: Data): FieldValues {
    const i = this.linesTold++;
    if (i === this.lines.length) this.lines.push(new FieldValues());
    const line = this.lines[i];
    line.begin(object);
    return line;
  }

  /** How many lines there are; -1 where there is no list of lines, as in a line. */
  get lineCount(): number {
    if (this.linesTold === NOT_ASKED) this.askLines();
    return this.linesTold;
  }

  line(i: number): FieldValues {
    return this.lines[i];
  }

  tellNumber(code: number, value: number): void {
    this.turns[code] = this.turn;
    this.kinds[code] = KIND.number;
    this.numbers[code] = value;
  }

  tellBoolean(code: number, value: boolean): void {
    this.turns[code] = this.turn;
    this.kinds[code] = KIND.boolean;
    this.numbers[code] = Number(value);
  }

  /** @param hash of the text where it is known, else 0 */
  tellText(code: number, value: string, hash: number): void {
    this.turns[code] = this.turn;
    this.kinds[code] = KIND.text;
    this.others[code] = value;
    this.hashes[code] = hash;
  }

  tellOther(code: number, value: unknown): void {
    this.turns[code] = this.turn;
    this.kinds[code] = KIND.other;
    this.others[code] = value;
  }

  /** A number, 1 and 0 for true and false, else NaN. */
  number(code: number): number {
    const kind = this.kindOf(code);
    return kind === KIND.number || kind === KIND.boolean ? this.numbers[code] : Number.NaN;
  }

  /** @returns undefined where there is no text */
  text(code: number): string | undefined {
    return this.kindOf(code) === KIND.text ? (this.others[code] as string) : undefined;
  }

  /** As JSON says it; undefined where there is none. */
  value(code: number): unknown {
    switch (this.kindOf(code)) {
      case KIND.none:
        return undefined;
      case KIND.number:
        return this.numbers[code];
      case KIND.boolean:
        return this.numbers[code] === 1;
      default:
        return this.others[code];
    }
  }

  /** `textHash` of the text, or of how another value is written; 0 for none and for null. */
  hash(code: number): number {
    if (this.kindOf(code) === KIND.text) {
      if (this.hashes[code] === 0) this.hashes[code] = textHash(this.others[code] as string);
      return this.hashes[code];
    }
    const value = this.value(code);
    return value === undefined || value === null ? 0 : textHash(String(value));
  }

  private kindOf(code: number): number {
    if (this.turns[code] !== this.turn) this.ask(code);
    return this.kinds[code];
  }

  private askLines(): void {
    const lines = this.object?.lines;
    this.linesTold = NO_LINES;
    if (!Array.isArray(lines)) return;
    this.beginLines();
    for (const line of lines) this.addLine(line);
  }

  private ask(code: number): void {
    const value = this.object === undefined ? undefined : this.object[FIELD_NAMES[code]];
    if (typeof value === 'number') this.tellNumber(code, value);
    else if (typeof value === 'string') this.tellText(code, value, 0);
    else if (typeof value === 'boolean') this.tellBoolean(code, value);
    else if (value !== undefined) this.tellOther(code, value);
    else {
      this.turns[code] = this.turn;
      this.kinds[code] = KIND.none;
    }
  }
}

/** All that an event tells: its fields, and those of its lines. */
export class EventValues extends FieldValues {
  private whole: (() => Data) | undefined;
  private told: Data | undefined;

  /** Takes an event that has been decoded. */
  take(data: Data): void {
    this.begin(data);
    this.told = data;
  }

  /** Forgets all; what follows is told. @param whole makes an object of the same event, for who asks for it */
  beginTelling(whole: () => Data): void {
    this.begin();
    this.told = undefined;
    this.whole = whole;
  }

  /** The same as an object, made where there is none yet: for what is rarely asked. */
  get data(): Data {
    this.told ??= (this.whole as () => Data)();
    return this.told;
  }

  override value(code: number): unknown {
    return code === LINES ? this.data.lines : super.value(code);
  }
}
