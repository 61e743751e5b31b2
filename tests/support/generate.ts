import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationTable } from '../../src/app/config-table.ts';
import { ERRORS } from '../../src/base/errors.ts';
import { eventsTable } from '../../src/events/document.ts';
import { featuresTable } from './features-document.ts';
import { importMapSchema } from './import-map-document.ts';
import { marketSchema } from './market-document.ts';
import { packSchemas } from './pack-schemas.ts';
import { protoCode } from './proto-code.ts';

/** A part of a document that is made from the code. */
interface GeneratedBlock {
  /** From the root of the repository. */
  readonly file: string;
  /** The name in its marks: `<!-- generated: name … -->` above and `<!-- end: name -->` below. */
  readonly name: string;
  /** The Markdown between the marks. */
  readonly make: () => string | Promise<string>;
}

const errorsTable = (): string =>
  [
    '| code | HTTP | gRPC | retry | meaning |',
    '|---|---|---|---|---|',
    ...Object.entries(ERRORS).map(
      ([code, { status, grpc, retryable, title }]) =>
        `| \`${code}\` | ${status} | \`${grpc}\` | ${retryable ? 'yes' : 'no'} | ${title} |`,
    ),
  ].join('\n');

/** Everything that is generated. A new block is one line here and its two marks in the document. */
const BLOCKS: readonly GeneratedBlock[] = [
  { file: 'docs/errors.md', name: 'errors', make: errorsTable },
  { file: 'docs/events.md', name: 'events', make: eventsTable },
  { file: 'docs/configuration.md', name: 'configuration', make: configurationTable },
  { file: 'docs/features.md', name: 'features', make: featuresTable },
];

/** Files that are generated as a whole. */
const FILES: readonly { readonly file: string; readonly make: () => string }[] = [
  ...packSchemas,
  { file: 'docs/schemas/import-map.schema.json', make: importMapSchema },
  { file: 'docs/schemas/market.schema.json', make: marketSchema },
];

const root = fileURLToPath(new URL('../../', import.meta.url));

const openMark = (name: string): string => `<!-- generated: ${name}, by npm run generate -->`;
const closeMark = (name: string): string => `<!-- end: ${name} -->`;

/**
 * The document with the block between its marks replaced; what people wrote around it stays.
 * @throws Error where the marks are not there exactly once and in order
 */
export const withBlock = (document: string, name: string, block: string): string => {
  const [before, rest, ...more] = document.split(openMark(name));
  const [, after, ...others] = rest?.split(closeMark(name)) ?? [];
  if (after === undefined || more.length > 0 || others.length > 0) {
    throw new Error(`needs ${openMark(name)} and below it ${closeMark(name)}, once each`);
  }
  return `${before}${openMark(name)}\n${block}\n${closeMark(name)}${after}`;
};

/** Every document with generated blocks, as it stands and as it should. */
const documents = async (): Promise<{ file: string; found: string; wanted: string }[]> => {
  const made = new Map<string, { file: string; found: string; wanted: string }>();
  for (const { file, name, make } of BLOCKS) {
    const found = existsSync(root + file) ? readFileSync(root + file, 'utf8') : '';
    const document = made.get(file) ?? { file, found, wanted: found };
    try {
      document.wanted = withBlock(document.wanted, name, await make());
    } catch (error) {
      throw new Error(`${file}: ${(error as Error).message}`, { cause: error });
    }
    made.set(file, document);
  }
  const read = (file: string): string => (existsSync(root + file) ? readFileSync(root + file, 'utf8') : '');
  const whole = FILES.map(({ file, make }) => ({ file, found: read(file), wanted: make() }));
  const code = protoCode().map(({ file, text }) => ({ file, found: read(file), wanted: text }));
  return [...made.values(), ...whole, ...code];
};

/** Documents whose generated parts differ from the code, by name. */
export const staleFiles = async (): Promise<string[]> =>
  (await documents()).filter(({ found, wanted }) => found !== wanted).map(({ file }) => file);

const main = async (): Promise<void> => {
  const check = process.argv.includes('--check');
  for (const { file, found, wanted } of await documents()) {
    if (found === wanted) continue;
    if (check) {
      console.error(`${file} is stale: run npm run generate`);
      process.exitCode = 1;
    } else {
      writeFileSync(root + file, wanted);
      console.log(`wrote ${file}`);
    }
  }
};

if (import.meta.main) await main();
