import { describe, expect, test } from 'vitest';

import type { Engine } from '../../../src/lib/engine/engine.ts';
import { makeRoom } from '../../../src/lib/server/make-room.ts';
import type { MemoryPlan, MemoryRequest } from '../../../src/lib/server/memory/types.ts';
import { listModels } from '../../../src/lib/server/models.ts';
import type { ServerEvent } from '../../../src/lib/server/router.ts';
import type { ServerAddress } from '../../../src/lib/server/request.ts';
import type { StoredModel } from '../../../src/lib/store/model.ts';
import { caught } from '../../support/caught.ts';
import { startLocalServer } from '../../support/local-server.ts';

const REFS = ['user/new:F32', 'user/idle:F32', 'user/busy:F32', 'user/asleep:F32'] as const;
const [NEW, IDLE, BUSY, ASLEEP] = REFS;

/** What answers like a router with three models, one of which works on a request. */
async function startRouter() {
  const states = new Map<string, string>([
    [NEW, 'unloaded'],
    [IDLE, 'loaded'],
    [BUSY, 'loaded'],
    [ASLEEP, 'sleeping'],
  ]);
  const router = await startLocalServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const answer = (value: unknown): void => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(value));
    };
    if (url.pathname === '/slots') {
      answer([
        { id: 0, is_processing: url.searchParams.get('model') === BUSY },
        { id: 1, is_processing: false },
      ]);
    } else if (url.pathname === '/models/unload') {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        states.set((JSON.parse(body) as { model: string }).model, 'unloaded');
        answer({ success: true });
      });
    } else {
      answer({ data: [...states].map(([id, value]) => ({ id, status: { value } })) });
    }
  });
  const { hostname, port } = new URL(router.origin);
  return { router, states, address: { host: hostname, port: Number(port) } };
}

function stored(ref: string): StoredModel {
  const [repo = '', quant = ''] = ref.split(':');
  const modifiedAt = new Date(0);
  return { ref, repo, quant, path: `/${quant}`, files: [], size: 1, state: 'complete', modifiedAt };
}

async function room(
  address: ServerAddress,
  plan: MemoryPlan | undefined | ((request: MemoryRequest) => MemoryPlan),
  force = false,
) {
  const asked: MemoryRequest[] = [];
  const events: ServerEvent[] = [];
  const engine: Engine = { command: ['x'], folder: '/', origin: 'path', flags: new Set() };
  const work = makeRoom({
    address,
    ref: NEW,
    runs: { [NEW]: { 'ctx-size': 8192 } },
    running: await listModels(address),
    force,
    onEvent: (event) => events.push(event),
    server: {
      runFolder: '/nowhere',
      logFile: '/nowhere',
      address,
      modelsMax: 4,
      startTimeoutSeconds: 1,
      settingsFor: () => ({ threads: 2 }),
      environment: {},
      engine: () => Promise.resolve(engine),
      models: () => Promise.resolve(REFS.map(stored)),
      planMemory: (request) => {
        asked.push(request);
        return Promise.resolve(typeof plan === 'function' ? plan(request) : plan);
      },
    },
  });
  return { work, asked, events };
}

const FITS: MemoryPlan = { line: '1 + 1 = 2 of 3 GiB', fits: true, unload: [], advice: [] };

describe('room for a model', () => {
  test('is planned with its settings and what is loaded, busy or not; sleepers count for nothing', async () => {
    const { address, router } = await startRouter();
    await using _router = router;
    const { asked, events, work } = await room(address, FITS);
    await work;
    expect(asked[0]?.settings).toEqual({ threads: 2, 'ctx-size': 8192 });
    expect(asked[0]?.loaded.map(({ busy, model }) => [model.ref, busy])).toEqual([
      [IDLE, false],
      [BUSY, true],
    ]);
    expect(events).toEqual([{ type: 'memory', ref: NEW, line: FITS.line }]);
  });

  test('is made by unloading idle models, never a busy one', async () => {
    const { address, router, states } = await startRouter();
    await using _router = router;
    const { events, work } = await room(address, { ...FITS, unload: [IDLE, BUSY] });
    await work;
    expect([states.get(IDLE), states.get(BUSY)]).toEqual(['unloaded', 'loaded']);
    expect(events.slice(1)).toEqual([{ type: 'unloading', ref: IDLE, for: NEW }]);
  });

  test('that there is not is said with what would fit', async () => {
    const { address, router, states } = await startRouter();
    await using _router = router;
    const advice = ['A smaller context fits: `llamero run user/new:F32 -c 4096`'];
    const plan = { line: '9 of 3 GiB', fits: false, unload: [IDLE], advice };
    const { work } = await room(address, plan);
    const error = await caught(work);
    expect(error).toMatchObject({ code: 'MEMORY_SHORT', exitCode: 10 });
    expect(error.message).toContain('9 of 3 GiB');
    expect(error.hint?.split('\n')).toEqual([...advice, expect.stringContaining('--force')]);
    expect(states.get(IDLE)).toBe('loaded');
  });

  test('that there is not is no obstacle where it is forced', async () => {
    const { address, router, states } = await startRouter();
    await using _router = router;
    const { work } = await room(address, { ...FITS, fits: false, unload: [IDLE] }, true);
    await work;
    expect(states.get(IDLE)).toBe('unloaded');
  });

  test('is found with a setting that nobody chose, and the plan for it is followed', async () => {
    const { address, router, states } = await startRouter();
    await using _router = router;
    const plan = ({ settings }: MemoryRequest): MemoryPlan =>
      settings['ctx-size'] === 4096
        ? { ...FITS, unload: [IDLE] }
        : { line: '9 of 3 GiB', fits: false, unload: [], advice: [], adjust: { 'ctx-size': 4096 } };
    const { events, work } = await room(address, plan);
    expect(await work).toEqual({ 'ctx-size': 4096 });
    expect(events[0]).toEqual({ type: 'memory', ref: NEW, line: FITS.line });
    expect(states.get(IDLE)).toBe('unloaded');
  });

  test('is left to the server when nobody can tell', async () => {
    const { address, router } = await startRouter();
    await using _router = router;
    const { events, work } = await room(address, undefined);
    await work;
    expect(events).toEqual([]);
  });
});
