import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const QUANTS = ['Q4_K_M', 'Q8_0'];

/** Fills a store with models, two quants a repository, with records as a pull leaves them. */
export function fillStore(models: string, count: number): void {
  for (let index = 0; index < count / QUANTS.length; index += 1) {
    const repo = `user${index % 50}/Some-Model-${index}-8B-Instruct-GGUF`;
    const folder = path.join(models, ...repo.split('/'));
    mkdirSync(folder, { recursive: true });
    const records = QUANTS.map((quant) => {
      writeFileSync(path.join(folder, `${quant}.gguf`), 'GGUF');
      const file = { name: `m-${quant}.gguf`, file: `${quant}.gguf`, size: 4 };
      return [
        quant,
        {
          revision: 'c'.repeat(40),
          source: 'https://huggingface.co',
          files: [{ ...file, sha256: 'a'.repeat(64) }],
          pulledAt: '2026-01-02T03:04:05.000Z',
        },
      ] as const;
    });
    const record = { version: 1, repo, quants: Object.fromEntries(records), projectors: {} };
    writeFileSync(path.join(folder, 'metadata.json'), JSON.stringify(record, undefined, 2));
  }
}
