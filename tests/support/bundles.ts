import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Golden, Manifest } from '../../src/inference/manifest.ts';
import { type Bundle, type BundleRef, readBundle } from '../../src/inference/repository.ts';
import { HeadSession } from '../../src/inference/session.ts';

/** The pack of small models that onnx-models/make.py made. */
export const SHOP_FOLDER = fileURLToPath(new URL('./onnx-models/shop', import.meta.url));
export const SHOP_FEATURES: ReadonlySet<string> = new Set(['recencyDays', 'orders', 'amount', 'visits', 'clicks']);

export type ShopHead = 'linear' | 'trees' | 'fixed-rows' | 'logarithm' | 'lookup' | 'endless';

export const shopRef = (head: ShopHead): BundleRef => ({
  pack: 'shop',
  head,
  version: '1',
  folder: join(SHOP_FOLDER, head, '1'),
});

export const shopBundle = (head: ShopHead): Bundle => readBundle(shopRef(head), SHOP_FEATURES);

/** A session that the test releases. */
export const openShop = (t: TestContext, head: ShopHead): HeadSession => {
  const session = HeadSession.open(shopBundle(head));
  t.after(() => session.release());
  return session;
};

/** A folder that goes away with the test. */
export const temporaryFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'beckon-test-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export interface BundleEdit {
  model?: (bytes: Buffer) => Buffer;
  manifest?: (manifest: Manifest & Record<string, unknown>) => unknown;
  golden?: (golden: Golden) => void;
  /** Writes the hash of the edited model into the manifest, as someone would who wants it to pass. Default false. */
  rehash?: boolean;
}

/** A copy of a bundle with something about it changed. */
export const editedBundle = (t: TestContext, head: ShopHead, edit: BundleEdit): BundleRef => {
  const folder = join(temporaryFolder(t), head, '1');
  cpSync(join(SHOP_FOLDER, head, '1'), folder, { recursive: true });
  const path = (file: string): string => join(folder, file);
  if (edit.model !== undefined) writeFileSync(path('model.onnx'), edit.model(readFileSync(path('model.onnx'))));
  const manifest = JSON.parse(readFileSync(path('manifest.json'), 'utf8'));
  edit.manifest?.(manifest);
  if (edit.rehash)
    manifest.sha256 = createHash('sha256')
      .update(readFileSync(path('model.onnx')))
      .digest('hex');
  writeFileSync(path('manifest.json'), JSON.stringify(manifest));
  const golden = JSON.parse(readFileSync(path('golden.json'), 'utf8'));
  edit.golden?.(golden);
  writeFileSync(path('golden.json'), JSON.stringify(golden));
  return { ...shopRef(head), folder };
};
