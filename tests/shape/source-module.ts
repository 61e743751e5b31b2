import { posix } from 'node:path';
import { codeText } from './code-text.ts';

/** How a file names another one. `url` is `new URL('./x.ts', import.meta.url)`: the entry of a thread or child. */
export type ReferenceKind = 'static' | 'dynamic' | 'url';

export interface Reference {
  readonly kind: ReferenceKind;
  /** As it is written: `./x.ts`, `node:fs`, `fastify`. */
  readonly specifier: string;
  /** The exported names it takes; undefined where it takes them all. */
  readonly names: readonly string[] | undefined;
  /** True for `export … from`. */
  readonly reexport: boolean;
}

/** What one file names and offers, read from its text. */
export interface SourceModule {
  /** From the root of the repository, with forward slashes. */
  readonly file: string;
  readonly lines: number;
  /** The text without prose, see {@link codeText}. */
  readonly code: string;
  readonly references: readonly Reference[];
  readonly exports: readonly string[];
}

/** `a, type b as c` → the names before `as` (`side` 0) or after it (`side` 1). */
const listedNames = (list: string, side: 0 | 1): string[] =>
  list
    .split(',')
    .map((item) => item.trim().replace(/^type\s+/, ''))
    .filter((item) => item !== '')
    .map((item) => item.split(/\s+as\s+/))
    .map((pair) => pair[side] ?? pair[0]);

const namesOfClause = (clause: string): string[] | undefined => {
  if (clause.includes('*')) return undefined;
  const braces = /\{([^}]*)\}/.exec(clause);
  const names = braces === null ? [] : listedNames(braces[1], 0);
  const byDefault = clause.replace(/\{[^}]*\}/, '').replace(/,/g, '');
  return byDefault.trim() === '' ? names : ['default', ...names];
};

const STATIC = /\b(import|export)\s+(?:type\s+)?([\w$*{},\s]*?)\s*\bfrom\s*['"]/g;
const BARE = /\bimport\s*['"]/g;
const DYNAMIC = /(?:\{([\w$,\s:]*)\}\s*=\s*await\s+)?\bimport\s*\(\s*['"]/g;
const URL_OF_FILE = /\bnew\s+URL\s*\(\s*(['"])[^'"]*\1\s*,\s*import\.meta\.url/g;
const DECLARED =
  /\bexport\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const|let|var|function\*?|class|interface|type|enum|namespace)\s+([\w$]+)/g;
const DESTRUCTURED = /\bexport\s+(?:const|let|var)\s+\{([^}]*)\}/g;
const LISTED = /\bexport\s+(?:type\s+)?\{([^}]*)\}/g;
const DEFAULT = /\bexport\s+default\b/;

/** Reads one file. Exported for synthetic sources; the repository's files come through {@link sourceModules}. */
export const sourceModule = (file: string, text: string): SourceModule => {
  const code = codeText(text);
  const references: Reference[] = [];
  const exports = new Set<string>();
  /** The text in the quotes that begin at or after `from` in the file. */
  const quotedAt = (from: number): string => {
    const start = code.slice(from).search(/['"]/) + from;
    return text.slice(start + 1, code.indexOf(code[start], start + 1));
  };
  for (const match of code.matchAll(STATIC)) {
    const specifier = quotedAt(match.index + match[0].length - 1);
    const reexport = match[1] === 'export';
    references.push({ kind: 'static', specifier, names: namesOfClause(match[2]), reexport });
  }
  for (const match of code.matchAll(BARE)) {
    references.push({ kind: 'static', specifier: quotedAt(match.index), names: [], reexport: false });
  }
  for (const match of code.matchAll(DYNAMIC)) {
    const end = match.index + match[0].length - 1;
    const member = /^['"][^'"]*['"]\s*\)\s*\.\s*([\w$]+)/.exec(code.slice(end))?.[1];
    let names = match[1]?.split(',').map((item) => item.split(':')[0].trim());
    if (names === undefined && member !== undefined && !/^(then|catch|finally)$/.test(member)) names = [member];
    references.push({ kind: 'dynamic', specifier: quotedAt(end), names, reexport: false });
  }
  for (const match of code.matchAll(URL_OF_FILE)) {
    references.push({ kind: 'url', specifier: quotedAt(match.index), names: undefined, reexport: false });
  }
  for (const match of code.matchAll(DECLARED)) exports.add(match[1]);
  for (const match of code.matchAll(DESTRUCTURED)) for (const name of match[1].split(',')) exports.add(lastWord(name));
  for (const match of code.matchAll(LISTED)) for (const name of listedNames(match[1], 1)) exports.add(name);
  if (DEFAULT.test(code)) exports.add('default');
  exports.delete('');
  return {
    file,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    code,
    references,
    exports: [...exports],
  };
};

/** `a: b` or `b` of a destructuring → `b`. */
const lastWord = (item: string): string => (item.split(':').at(-1) ?? '').trim();

/** The file that a relative specifier names, from the root; undefined for packages and builtins. */
export const resolved = (from: string, specifier: string): string | undefined =>
  specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;

/** `@scope/name/deep` → `@scope/name`; builtins keep their whole name (`node:fs/promises` → `node:fs`). */
export const packageOf = (specifier: string): string => {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
};
