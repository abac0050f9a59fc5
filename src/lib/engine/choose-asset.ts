import { parseAssetName } from './asset-name.ts';
import {
  type Offer,
  offersFor,
  type ReleaseAsset,
  type Search,
  searchBackend,
} from './asset-search.ts';
import {
  type Backend,
  BACKEND_NAMES,
  type BackendVerdict,
  judgeBackend,
  judgeBackends,
} from './backend.ts';
import { platformName, refuseBuild, refusePlatform } from './floors.ts';
import type { Machine } from './machine.ts';

export type { ReleaseAsset } from './asset-search.ts';

/** Which file of a release a machine gets, or why none. */
export type AssetChoice =
  | {
      readonly kind: 'chosen';
      readonly engine: ReleaseAsset;
      /** The CUDA runtime that goes into the same folder. */
      readonly companion?: ReleaseAsset;
      readonly backend: Backend;
      /** One plain line. */
      readonly reason: string;
    }
  /** This release lacks it, an older one may have it. `wanted` is what was looked for. */
  | { readonly kind: 'missing'; readonly wanted: string }
  /** No release has it. */
  | { readonly kind: 'unsupported'; readonly reason: string; readonly hint: string };

/** What is asked for. */
export interface AssetOptions {
  /** `auto` takes the best backend that runs; a name is obeyed wherever there is a build. */
  readonly backend: Backend | 'auto';
  /** The release's build number. */
  readonly build: number;
}

/** The backends that releases have been built with, for each platform, since 2025. */
const FAMILIES: Readonly<Record<string, readonly Backend[]>> = {
  'linux-x64': ['cuda', 'rocm', 'vulkan', 'sycl', 'cpu'],
  'linux-arm64': ['cuda', 'vulkan', 'cpu'],
  'macos-arm64': ['metal'],
  'macos-x64': ['cpu'],
  'windows-x64': ['cuda', 'rocm', 'vulkan', 'sycl', 'cpu'],
  'windows-arm64': ['cuda', 'vulkan', 'cpu'],
};

/**
 * Files that every release of two years has had. They are uploaded one by one, so a release that
 * lacks one of these is still being made, and what else it lacks may yet come.
 */
const ALWAYS_THERE = [
  { os: 'macos', architecture: 'arm64', backend: 'metal' },
  { os: 'linux', architecture: 'x64', backend: 'cpu' },
  { os: 'windows', architecture: 'x64', backend: 'vulkan' },
] as const;

type Found = Extract<Search, { kind: 'found' }>;

/**
 * Chooses the file of a release for a machine: the newest CUDA that the driver supports together
 * with its runtime, the ROCm that is installed, or the first of Vulkan, SYCL and CPU that runs.
 */
export function chooseAsset(
  machine: Machine,
  assets: readonly ReleaseAsset[],
  { backend, build }: AssetOptions,
): AssetChoice {
  const refusal = refusePlatform(machine);
  if (refusal !== undefined) return { kind: 'unsupported', ...refusal };
  const offers = offersFor(machine, assets);
  if (backend !== 'auto' && isNeverBuilt(machine, offers, backend)) {
    return neverBuilt(machine, backend);
  }
  const unfit = refuseBuild(machine, build);
  if (unfit !== undefined) return { kind: 'missing', wanted: unfit };
  return backend === 'auto'
    ? chooseBest(machine, assets, offers)
    : chooseAsked(machine, offers, backend);
}

/** The first backend that runs here and that the release has. */
function chooseBest(
  machine: Machine,
  assets: readonly ReleaseAsset[],
  offers: readonly Offer[],
): AssetChoice {
  const usable = judgeBackends(machine).filter((verdict) => verdict.usable);
  const passedOver: string[] = [];
  let lacking: Backend | undefined;
  for (const { backend, reason } of usable) {
    const search = searchBackend(machine, offers, backend, false);
    if (search.kind === 'unfinished') return missing(machine, backend);
    if (search.kind === 'absent') {
      lacking ??= backend;
      passedOver.push(`${BACKEND_NAMES[backend]}: this release has no build with it`);
    }
    if (search.kind === 'unfit') {
      passedOver.push(`${BACKEND_NAMES[backend]}: ${search.reason}`);
    }
    if (search.kind === 'found') {
      if (lacking !== undefined && !isWhole(assets)) return missing(machine, lacking);
      const why = [
        `${label(search, backend)}: ${reason}`,
        ...(search.note === undefined ? [] : [search.note]),
        ...passedOver.map((one) => `not ${one}`),
      ];
      return chosen(search, backend, why.join('; '));
    }
  }
  return missing(machine, lacking ?? usable[0]?.backend ?? 'cpu');
}

/** The backend that the user named, also where it does not look usable: the reason says so. */
function chooseAsked(machine: Machine, offers: readonly Offer[], backend: Backend): AssetChoice {
  const search = searchBackend(machine, offers, backend, true);
  if (search.kind !== 'found') return missing(machine, backend);
  const verdict: BackendVerdict = judgeBackend(machine, backend);
  const doubt = verdict.usable ? search.doubt : verdict.reason;
  const name = `${label(search, backend)}, as asked`;
  const note = search.note === undefined ? '' : `; ${search.note}`;
  const why =
    doubt === undefined
      ? `${name}: ${verdict.reason}${note}`
      : `${name}, though it may not run: ${doubt}`;
  return chosen(search, backend, why);
}

function chosen({ engine, companion }: Found, backend: Backend, reason: string): AssetChoice {
  return {
    kind: 'chosen',
    engine: engine.asset,
    ...(companion === undefined ? {} : { companion: companion.asset }),
    backend,
    reason,
  };
}

function missing(machine: Machine, backend: Backend): AssetChoice {
  return {
    kind: 'missing',
    wanted: `a build with ${BACKEND_NAMES[backend]} for ${platformName(machine)}`,
  };
}

function isNeverBuilt(machine: Machine, offers: readonly Offer[], backend: Backend): boolean {
  return (
    !familiesOf(machine).includes(backend) && !offers.some(({ name }) => name.backend === backend)
  );
}

function neverBuilt(machine: Machine, backend: Backend): AssetChoice {
  const names = familiesOf(machine);
  return {
    kind: 'unsupported',
    reason: `llama.cpp publishes no build with ${BACKEND_NAMES[backend]} for ${platformName(machine)}`,
    hint: `There are builds with ${names.map((name) => BACKEND_NAMES[name]).join(', ')}: \`llamero update --backend ${names[0] ?? 'auto'}\`, or set LLAMERO_LLAMA_SERVER to the path of a llama-server with ${BACKEND_NAMES[backend]}`,
  };
}

function familiesOf({ os, architecture }: Machine): readonly Backend[] {
  return FAMILIES[`${os}-${architecture}`] ?? [];
}

function isWhole(assets: readonly ReleaseAsset[]): boolean {
  const uploaded = assets.flatMap((asset) =>
    asset.state === 'uploaded' ? (parseAssetName(asset.name) ?? []) : [],
  );
  return ALWAYS_THERE.every(({ os, architecture, backend }) =>
    uploaded.some(
      (name) => name.os === os && name.architecture === architecture && name.backend === backend,
    ),
  );
}

/** `CUDA 13.4`, `Vulkan`. */
function label({ engine }: Found, backend: Backend): string {
  const version = engine.name.backendVersion;
  return version === undefined ? BACKEND_NAMES[backend] : `${BACKEND_NAMES[backend]} ${version}`;
}
