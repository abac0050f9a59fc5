import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { type Server, createServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createHttp } from '../../src/lib/http/http.ts';
import { caught } from '../support/caught.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { listen } from '../support/local-server.ts';

// A certificate for hub.corp that nobody has signed but itself, as company networks have them.
let folder: string;
let certificate: string;
let server: Server;
let origin: string;
let close: () => PromiseLike<void>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-tls-'));
  certificate = path.join(folder, 'certificate.pem');
  const key = path.join(folder, 'key.pem');
  const names = 'subjectAltName=DNS:hub.corp,IP:127.0.0.1';
  const curve = 'ec_paramgen_curve:prime256v1';
  await execa`openssl req -x509 -nodes -days 2 -subj /CN=hub.corp -addext ${names} -newkey ec -pkeyopt ${curve} -keyout ${key} -out ${certificate}`;
  server = createServer(
    { key: await readFile(key), cert: await readFile(certificate) },
    (_request, response) => {
      response.end('over TLS');
    },
  );
  const started = await listen(server);
  origin = started.origin.replace('http:', 'https:');
  close = () => started[Symbol.asyncDispose]();
});

afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});

test('a certificate that nobody vouches for is refused, with the way to vouch for it', async () => {
  const http = createHttp({ version: '1.2.3', environment: {} });
  const error = await caught(http.fetch(origin));
  expect(error.code).toBe('NETWORK');
  expect(error.message).toContain('not signed by anyone this machine trusts');
  expect(error.hint).toContain('NODE_EXTRA_CA_CERTS');
});

const CHILD = `
  const { createHttp } = await import(process.env.MODULE);
  const http = createHttp({ version: '1.2.3', environment: process.env });
  process.stdout.write(await (await http.fetch(process.env.URL)).text());
  http.close();
`;

test('NODE_EXTRA_CA_CERTS is honoured, directly and through the tunnel of a proxy', async () => {
  await using proxy = await startForwardProxy({ 'hub.corp:443': new URL(origin).host });
  const environment = {
    NODE_EXTRA_CA_CERTS: certificate,
    MODULE: new URL('../../src/lib/http/http.ts', import.meta.url).href,
  };
  const ask = async (more: Record<string, string>): Promise<string> => {
    const child = await execa(process.execPath, ['--input-type=module', '--eval', CHILD], {
      env: { ...environment, ...more },
      extendEnv: false,
    });
    return child.stdout;
  };
  expect(await ask({ URL: origin })).toBe('over TLS');
  expect(proxy.tunnels).toEqual([]);
  expect(await ask({ URL: 'https://hub.corp/', HTTPS_PROXY: proxy.origin })).toBe('over TLS');
  expect(proxy.tunnels).toEqual(['hub.corp:443']);
});
