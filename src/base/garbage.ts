import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { type: 'minor' | 'major' }) => void;

let collect: Collect | undefined;

/** Has V8 collect at once: all, some 10 ms, or with `minor` what is young, less than one. */
export const collectGarbage: Collect = (options) => {
  if (collect === undefined) {
    // Never switched off again: the flag is the whole process's, and another thread may be between it and its own `gc`.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect(options);
};
