import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The code that the definitions under `proto/` make, by file. */
export const grpcCode = (): { file: string; text: string }[] => {
  const folder = mkdtempSync(join(tmpdir(), 'beckon-grpc-'));
  try {
    execFileSync(join(root, 'node_modules/.bin/buf'), ['generate', '-o', folder], { cwd: root, stdio: 'pipe' });
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ file: path.slice(folder.length + 1), text: readFileSync(path, 'utf8') }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
