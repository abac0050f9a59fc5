/**
 * The hub of the download benchmark, a process of its own so that its work is not counted as the
 * client's. Prints its addresses as JSON and serves until it is ended.
 *
 *   node bench/download-server.ts <file> <scenario>
 */
import { request } from 'node:http';

import { startHub } from '../test/support/hub/hub.ts';

const REPO = 'bench/model';
const FILE = 'model-Q4_K_M.gguf';

const MEGABYTE = 1_000_000;

const [file, scenario] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node bench/download-server.ts <file> <scenario>');
const hub = await startHub({ rangelessLimit: Number.MAX_SAFE_INTEGER });
await hub.addRepo(REPO, { [FILE]: { file } });
if (scenario === 'slow-one') {
  // The first request that comes is slow; whoever gives it up and asks again is served like others.
  hub.faults.add({ host: 'cdn', times: 1 }, { kind: 'throttle', bytesPerSecond: MEGABYTE / 10 });
}
if (scenario !== 'open') {
  hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 30 * MEGABYTE });
}
process.stdout.write(`${JSON.stringify({ endpoint: hub.endpoint, direct: await signedUrl() })}\n`);
process.on('SIGTERM', () => process.exit(0));

/** Where the bytes are, as clients get it that follow no redirects well. */
async function signedUrl(): Promise<string> {
  return new Promise((resolve, reject) => {
    request(`${hub.endpoint}/${REPO}/resolve/main/${FILE}`, { method: 'HEAD' }, (response) => {
      response.resume();
      const { location } = response.headers;
      if (location === undefined) reject(new Error('the hub did not redirect'));
      else resolve(location);
    })
      .on('error', reject)
      .end();
  });
}
