import { type AssetName, parseAssetName } from './asset-name.ts';
import type { Backend } from './backend.ts';
import { type CudaFit, fitCuda } from './cuda-fit.ts';
import { compareVersions, majorVersion } from './dotted-version.ts';
import { refuseBackend } from './floors.ts';
import type { Machine } from './machine.ts';

/** A file of a release. */
export interface ReleaseAsset {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** sha256, in hexadecimal. */
  readonly digest?: string;
  readonly url: string;
  /** `uploaded` once it is whole. */
  readonly state: string;
}

/** A file of a release, with what its name says. */
export interface Offer {
  readonly asset: ReleaseAsset;
  readonly name: AssetName;
}

/** What a release has for one backend of a machine. */
export type Search =
  | {
      readonly kind: 'found';
      readonly engine: Offer;
      readonly companion?: Offer;
      /** What is worth knowing of it. */
      readonly note?: string;
      /** What speaks against it, where it is only taken because it was asked for. */
      readonly doubt?: string;
    }
  /** It is there, and its upload is not done. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'absent' }
  /** It is there, and would not run here. */
  | { readonly kind: 'unfit'; readonly reason: string };

/**
 * The variants that may be taken, the best first; `undefined` is a build without one. Those of
 * CPUs ended in May 2025, when one build came to hold the code for all; `avx2` runs on every
 * processor that is not older than 2015. A build for one `gfx` of AMD is never taken, for nothing
 * here knows which GPU that is.
 */
const VARIANTS: readonly (string | undefined)[] = [
  undefined,
  'radeon',
  'fp32',
  'fp16',
  'avx2',
  'llvm',
  'msvc',
  'avx',
  'noavx',
];

/** The files of a release that are for a machine's system and processor. */
export function offersFor(machine: Machine, assets: readonly ReleaseAsset[]): Offer[] {
  return assets.flatMap((asset) => {
    const name = parseAssetName(asset.name);
    const fits = name?.os === machine.os && name.architecture === machine.architecture;
    return name !== undefined && fits ? [{ asset, name }] : [];
  });
}

/**
 * Looks for the engine with a backend, and the CUDA runtime that belongs to it.
 * @param asked whether the user named the backend: then one that may not run here is taken too
 */
export function searchBackend(
  machine: Machine,
  offers: readonly Offer[],
  backend: Backend,
  asked: boolean,
): Search {
  const engines = offers
    .filter(({ name }) => name.kind === 'engine' && name.backend === backend)
    .filter(({ name }) => VARIANTS.includes(name.variant));
  if (engines.length === 0) return { kind: 'absent' };
  const floor = refuseBackend(machine, backend);
  if (floor !== undefined && !asked) return { kind: 'unfit', reason: floor };
  const found =
    backend === 'cuda'
      ? searchCuda(machine, offers, engines, asked)
      : backend === 'rocm'
        ? searchRocm(machine, engines, asked)
        : finished({ engine: best(engines) });
  return found.kind === 'found' && floor !== undefined ? { ...found, doubt: floor } : found;
}

function searchCuda(
  machine: Machine,
  offers: readonly Offer[],
  engines: readonly Offer[],
  asked: boolean,
): Search {
  const pairs = engines.flatMap((engine) => {
    const companion = offers.find(({ name }) => isRuntimeOf(name, engine.name));
    return companion === undefined ? [] : [{ engine, companion }];
  });
  if (pairs.length === 0) return { kind: 'absent' };
  const byFit = (fit: CudaFit) =>
    pairs
      .filter(({ engine }) => fitCuda(versionOf(engine), machine) === fit)
      .sort((left, right) => compareVersions(versionOf(left.engine), versionOf(right.engine)));
  const full = byFit('full').at(-1);
  if (full !== undefined) return finished(full);
  const versions = pairs.map(({ engine }) => versionOf(engine)).sort(compareVersions);
  const reason = `the builds are for CUDA ${versions.join(' and ')}, which the driver or the GPU does not support`;
  const minor = byFit('minor')[0];
  if (minor !== undefined) {
    return finished({ ...minor, note: 'a driver runs newer CUDA of its own major version' });
  }
  // The oldest is the one that most drivers and GPUs run.
  const unfit = byFit('none')[0];
  return asked && unfit !== undefined
    ? finished({ ...unfit, doubt: reason })
    : { kind: 'unfit', reason };
}

/** A runtime belongs to an engine of its CUDA version, and of its build where it names one. */
function isRuntimeOf(runtime: AssetName, engine: AssetName): boolean {
  return (
    runtime.kind === 'cudart' &&
    runtime.backendVersion === engine.backendVersion &&
    (runtime.build === undefined || runtime.build === engine.build)
  );
}

/**
 * On Linux the ROCm runtime is the system's, and its libraries bear its major version in their
 * names; on Windows it is in the archive.
 */
function searchRocm(machine: Machine, engines: readonly Offer[], asked: boolean): Search {
  const newestFirst = [...engines].sort((left, right) =>
    compareVersions(versionOf(right), versionOf(left)),
  );
  const installed = machine.drivers.rocm?.version;
  const suited = newestFirst.find(
    ({ name }) =>
      machine.os === 'windows' ||
      installed === undefined ||
      name.backendVersion === undefined ||
      majorVersion(name.backendVersion) === majorVersion(installed),
  );
  if (suited !== undefined) return finished({ engine: suited });
  const versions = newestFirst.map(versionOf).join(' and ');
  const reason = `the builds are for ROCm ${versions}, and ${installed} is installed`;
  const newest = newestFirst[0];
  return asked && newest !== undefined
    ? finished({ engine: newest, doubt: reason })
    : { kind: 'unfit', reason };
}

function finished(found: {
  readonly engine: Offer | undefined;
  readonly companion?: Offer;
  readonly note?: string;
  readonly doubt?: string;
}): Search {
  const { engine, companion } = found;
  if (engine === undefined) return { kind: 'absent' };
  const whole = [engine, companion].every(
    (offer) => offer === undefined || offer.asset.state === 'uploaded',
  );
  return whole ? { kind: 'found', ...found, engine } : { kind: 'unfinished' };
}

function best(engines: readonly Offer[]): Offer | undefined {
  const rank = (offer: Offer): number => VARIANTS.indexOf(offer.name.variant);
  return [...engines].sort((left, right) => rank(left) - rank(right))[0];
}

function versionOf(offer: Offer): string {
  return offer.name.backendVersion ?? '0';
}
