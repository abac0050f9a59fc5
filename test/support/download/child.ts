/**
 * Downloads one file in a process of its own, which a test can kill.
 *
 *   node child.ts '{"target":…,"identity":…,"url":…,"connections":…}'
 */
import { createDownloader } from '../../../src/lib/download/downloader.ts';
import type { FileIdentity } from '../../../src/lib/download/types.ts';
import { createHttp } from '../../../src/lib/http/http.ts';

/** What the child is told. */
export interface ChildTask {
  readonly target: string;
  readonly identity: FileIdentity;
  readonly url: string;
  readonly connections: number;
  readonly segmentSize: number;
}

const { connections, identity, segmentSize, target, url } = JSON.parse(
  process.argv[2] ?? '',
) as ChildTask;
const http = createHttp({ version: '0.0.0', environment: {} });
const downloader = createDownloader({
  http,
  connections,
  segments: { smallest: segmentSize, largest: segmentSize },
  signal: new AbortController().signal,
});
const locate = () => Promise.resolve({ url, headers: {} });
const result = await downloader.download({ target, identity, locate, onEvent: () => undefined });
await downloader.close();
http.close();
process.stdout.write(JSON.stringify(result));
