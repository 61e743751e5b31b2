import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

const TEMPLATES = ['buf.gen.yaml', 'buf.gen.onnx.yaml'];

/** The code that the definitions under `proto/` make, by file. */
export const protoCode = (): { file: string; text: string }[] => {
  const folder = mkdtempSync(join(tmpdir(), 'beckon-proto-'));
  try {
    for (const template of TEMPLATES) {
      const args = ['generate', '--template', template, '-o', folder];
      execFileSync(join(root, 'node_modules/.bin/buf'), args, { cwd: root, stdio: 'pipe' });
    }
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ file: path.slice(folder.length + 1), text: readFileSync(path, 'utf8') }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
