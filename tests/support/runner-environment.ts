const { PATH, NODE_COMPILE_CACHE } = process.env;

/** What a process under test has of the environment of its test: where programs are, and the cache of compiled modules. */
export const RUNNER_ENVIRONMENT: Readonly<Record<string, string | undefined>> =
  NODE_COMPILE_CACHE === undefined ? { PATH } : { PATH, NODE_COMPILE_CACHE };
