import type { Owner } from '../../tests/support/service.ts';

type Hook = () => unknown;

/** Runs work that owns services and folders, as a test does, and ends them in the order in which they came. */
export const withOwner = async <T>(work: (owner: Owner) => Promise<T>): Promise<T> => {
  const hooks: Hook[] = [];
  try {
    return await work({ after: (hook) => void hooks.push(hook as Hook) });
  } finally {
    for (const hook of hooks) await hook();
  }
};
