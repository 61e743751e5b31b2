import { parseUtcTime } from '../base/clock.ts';
import { LIMITS } from '../base/limits.ts';
import type { ByteWriter } from './byte-writer.ts';
import { DATA_END, writeFlag, writeListStart, writeNumber, writeObjectStart, writeTextBytes } from './data-bytes.ts';
import type { FieldRule, ObjectRule } from './data-rules.ts';
import { FIELD_NAMES } from './field-names.ts';
import type { JsonScanner } from './json-scanner.ts';
import { NameReader } from './name-reader.ts';

const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

/** Takes the data of an event from JSON into the bytes of a record, checked against the rules of its type on the way. */
export class DataScanner {
  readonly #json: JsonScanner;
  readonly #names = new NameReader(FIELD_NAMES);
  /** By position of a field's name: the number of the object that it was last seen in. */
  readonly #seenIn = new Float64Array(FIELD_NAMES.length);
  #object = 0;
  /** Of the objects in a list, so that their fields are told apart from those around them. */
  #ofItems: DataScanner | undefined;

  constructor(json: JsonScanner) {
    this.#json = json;
  }

  /** @returns false where something is not plain or does not fit; the writer is then left with half of it */
  take(rule: ObjectRule, out: ByteWriter): boolean {
    const json = this.#json;
    if (!json.take(OPEN_OBJECT)) return false;
    const object = ++this.#object;
    let required = 0;
    let code = -1;
    if (!json.take(CLOSE_OBJECT)) {
      do {
        code = this.#names.take(json, code);
        const field = code < 0 ? undefined : rule.fields[code];
        if (field === undefined || this.#seenIn[code] === object) return false;
        this.#seenIn[code] = object;
        if (field.isRequired) required++;
        out.u8(code);
        if (!this.#value(field, out)) return false;
      } while (json.take(COMMA));
      if (!json.take(CLOSE_OBJECT)) return false;
    }
    out.u8(DATA_END);
    return required === rule.requiredFields;
  }

  #value(field: FieldRule, out: ByteWriter): boolean {
    const json = this.#json;
    switch (field.kind) {
      case 'number':
        if (!json.takeNumber() || !(json.number >= field.min && json.number <= field.max)) return false;
        writeNumber(out, json.number);
        return true;
      case 'boolean': {
        const isTrue = json.takeWord(TRUE);
        if (!isTrue && !json.takeWord(FALSE)) return false;
        writeFlag(out, isTrue);
        return true;
      }
      case 'list':
        return this.#list(field, out);
      default:
        if (!json.takeText() || !this.#fits(field)) return false;
        writeTextBytes(out, json.input, json.start, json.end, json.units);
        return true;
    }
  }

  #fits({ kind, words }: FieldRule): boolean {
    const { input, start, end, isPlain } = this.#json;
    const bytes = end - start;
    if (bytes > LIMITS.idBytesMax) return false;
    if (kind === 'text') return true;
    if (!isPlain || bytes === 0) return false;
    if (kind === 'id') return true;
    if (kind === 'word') return words!.find(input, start, end) >= 0;
    return !Number.isNaN(parseUtcTime(input, start, end));
  }

  #list(field: FieldRule, out: ByteWriter): boolean {
    const json = this.#json;
    if (!json.take(OPEN_LIST)) return false;
    const countAt = writeListStart(out);
    this.#ofItems ??= new DataScanner(json);
    let count = 0;
    if (!json.take(CLOSE_LIST)) {
      do {
        writeObjectStart(out);
        if (!this.#ofItems.take(field.items!, out)) return false;
        count++;
      } while (json.take(COMMA));
      if (!json.take(CLOSE_LIST)) return false;
    }
    out.view.setUint32(countAt, count, true);
    return count <= field.max;
  }
}
