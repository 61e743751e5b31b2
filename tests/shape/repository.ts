import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isCode } from './module-graph.ts';
import { type SourceModule, sourceModule } from './source-module.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every file that is or would be committed: tracked ones and new ones that no ignore rule covers. */
export const repositoryFiles = (): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root })
    .toString()
    .split('\0')
    .filter((file) => file !== '' && statSync(root + file, { throwIfNoEntry: false })?.isFile())
    .sort();

/** The text of a file of the repository. */
export const textOf = (file: string): string => readFileSync(root + file, 'utf8');

/** True where the file or folder stands in the repository. */
export const stands = (file: string): boolean => existsSync(root + file);

/** True for a file whose first bytes hold a zero, as models and pictures do. */
export const isBinary = (file: string): boolean =>
  readFileSync(root + file)
    .subarray(0, 8000)
    .includes(0);

/** Every file of code below the given folders, read. */
export const sourceModules = (folders: readonly string[]): SourceModule[] =>
  repositoryFiles()
    .filter((file) => isCode(file) && folders.some((folder) => file.startsWith(`${folder}/`)))
    .map((file) => sourceModule(file, textOf(file)));

interface Manifest {
  readonly name: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** package.json as far as its command, what it offers and its dependencies go. */
export const packageManifest = (): Manifest => JSON.parse(textOf('package.json')) as Manifest;
