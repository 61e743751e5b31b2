import type { Violations } from './module-graph.ts';
import { packageOf, type SourceModule } from './source-module.ts';

/** Folder (`src/log/`) or file (`src/inference/session.ts`) beginnings in which a library may be imported. */
export type Doors = Readonly<Record<string, readonly string[]>>;

const importsOf = (module: SourceModule): string[] =>
  module.references
    .filter(({ kind, specifier }) => kind !== 'url' && !specifier.startsWith('.'))
    .map(({ specifier }) => packageOf(specifier));

/** Imports of a library from src past its door, and libraries without a door. Builtins without an entry are free. */
export const sideDoors = (modules: readonly SourceModule[], doors: Doors): Violations =>
  modules
    .filter(({ file }) => file.startsWith('src/'))
    .flatMap((module) =>
      importsOf(module).flatMap((name) => {
        const allowed = doors[name];
        if (allowed === undefined) {
          return name.startsWith('node:') ? [] : [`${module.file} imports ${name}, which has no door`];
        }
        if (allowed.some((door) => module.file.startsWith(door))) return [];
        return [`${module.file} imports ${name}, whose door is ${allowed.join(' and ') || 'outside src'}`];
      }),
    );

/** Doors that nothing walks through: a library that is declared and not imported any more. */
export const closedDoors = (modules: readonly SourceModule[], names: readonly string[]): Violations => {
  const imported = new Set(modules.flatMap(importsOf));
  return names.filter((name) => !imported.has(name)).map((name) => `${name} is a dependency that nobody imports`);
};

/** Packages that the code of src imports and users would not get, because they are not under `dependencies`. */
export const undeclaredPackages = (modules: readonly SourceModule[], declared: readonly string[]): Violations =>
  modules.flatMap((module) =>
    importsOf(module)
      .filter((name) => !name.startsWith('node:') && !declared.includes(name))
      .map((name) => `${module.file} imports ${name}, which package.json does not declare for it`),
  );

/** The part of package-lock.json that says which packages it holds. */
export interface PackageLock {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
}

/**
 * Optional packages, such as binaries of other platforms, that the lock names and does not hold. npm leaves them out
 * where its registry does not serve them, and then `npm ci` refuses the whole lock.
 */
export const unlockedPackages = ({ packages }: PackageLock): Violations =>
  Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !Object.keys(packages).some((held) => held.endsWith(`node_modules/${name}`)))
      .map((name) => `package-lock.json lacks ${name}, which ${path} may need`),
  );
