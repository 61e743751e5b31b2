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

/**
 * Has V8 make everything young, for the whole process. Where many objects of one place in the code outlive two collections, as in
 * a moment in which requests queue up, V8 goes on making all of that place old at once, for ever; each then keeps what it
 * points to, that outlives collections too, and so on: a service was seen to promote a sixth of all it made, and to stand still
 * for 24 ms four times a second. What lives long here lies in shared memory.
 */
export const makeAllYoung = (): void => setFlagsFromString('--no-allocation-site-pretenuring');
