import { cudaOfDriver } from './cuda-fit.ts';
import type { Gpu, Machine } from './machine.ts';
import { cleanName, dottedNumber } from './machine-words.ts';
import type { System } from './system.ts';

/** What the driver of NVIDIA says. */
export interface Nvidia {
  readonly gpus: readonly Gpu[];
  readonly driver?: NonNullable<Machine['drivers']['nvidia']>;
}

const MIB = 1024 * 1024;
/** Folders that Linux's driver shows the cards and its own version in. */
const PROC = '/proc/driver/nvidia';

/**
 * Asks nvidia-smi for the driver, its CUDA, and the cards.
 * @param programs where nvidia-smi may be; the first that answers counts
 */
export async function askNvidia(system: System, programs: readonly string[]): Promise<Nvidia> {
  const answers = await Promise.all(programs.map((program) => askProgram(system, program)));
  return answers.find((answer) => answer.driver !== undefined) ?? { gpus: [] };
}

/**
 * What Linux's driver shows without nvidia-smi, which not every installation has.
 * @param hasLibrary whether libcuda is there: in a container the files show the host's driver even
 *   where no card can be used
 */
export async function readNvidiaFiles(system: System, hasLibrary: boolean): Promise<Nvidia> {
  const text = await system.readText(`${PROC}/version`);
  const version = dottedNumber(/NVRM version:.*/u.exec(text ?? '')?.[0]);
  if (version === undefined) return { gpus: [] };
  const cards = await Promise.all(
    (await system.list(`${PROC}/gpus`)).map((card) =>
      system.readText(`${PROC}/gpus/${card}/information`),
    ),
  );
  const cuda = hasLibrary ? cudaOfDriver(version) : undefined;
  return {
    gpus: cards.flatMap((card) => {
      const name = cleanName(/^Model:(?<name>.*)$/mu.exec(card ?? '')?.groups?.['name'] ?? '');
      return name === undefined ? [] : [{ vendor: 'nvidia', name }];
    }),
    ...(cuda === undefined ? {} : { driver: { version, cuda } }),
  };
}

async function askProgram(system: System, program: string): Promise<Nvidia> {
  const [overview, cards, plainCards] = await Promise.all([
    system.run(program, []),
    queryCards(system, program, 'name,memory.total,compute_cap'),
    // Drivers before 2022 do not know compute_cap and answer nothing at all.
    queryCards(system, program, 'name,memory.total'),
  ]);
  const driver = parseOverview(overview ?? '');
  if (driver === undefined) return { gpus: [] };
  return { driver, gpus: cards.length > 0 ? cards : plainCards };
}

async function queryCards(system: System, program: string, fields: string): Promise<Gpu[]> {
  const answer = await system.run(program, [
    `--query-gpu=${fields}`,
    '--format=csv,noheader,nounits',
  ]);
  return parseCards(answer ?? '');
}

/**
 * The driver and its CUDA from the head of nvidia-smi's table: `Driver Version: 550.54.15  CUDA
 * Version: 12.4`; newer drivers say `CUDA UMD Version`.
 */
function parseOverview(text: string): Nvidia['driver'] {
  const version = /(?:Driver|KMD) Version\s*:\s*(?<version>[\d.]+)/u.exec(text)?.groups?.[
    'version'
  ];
  const cuda = /CUDA (?:UMD )?Version\s*:\s*(?<cuda>\d{1,3}\.\d{1,3})/u.exec(text)?.groups?.[
    'cuda'
  ];
  const known = dottedNumber(version);
  const newest = cuda ?? (known === undefined ? undefined : cudaOfDriver(known));
  return known === undefined || newest === undefined ? undefined : { version: known, cuda: newest };
}

/** The lines of `nvidia-smi --query-gpu=name,memory.total[,compute_cap] --format=csv`. */
function parseCards(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const [first = '', memory = '', capability = ''] = line.split(',').map((cell) => cell.trim());
    const name = cleanName(first);
    // A card in an integrated system says [N/A] for its memory; a complaint has no comma.
    if (name === undefined || !/^(?:\d{1,9}|\[.*\])$/u.test(memory)) return [];
    return [
      {
        vendor: 'nvidia' as const,
        name,
        ...(/^\d/u.test(memory) ? { memory: Number(memory) * MIB } : {}),
        ...(/^\d{1,2}\.\d$/u.test(capability) ? { computeCapability: capability } : {}),
      },
    ];
  });
}
