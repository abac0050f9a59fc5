import type { Gpu } from './machine.ts';
import type { VulkanDevice } from './machine-vulkan.ts';
import { vendorOf } from './machine-words.ts';
import type { System } from './system.ts';

/** A graphics card as Linux's kernel shows it. */
export interface GraphicsCard {
  readonly vendor: Gpu['vendor'];
  /** The PCI numbers of vendor and device: `1002:744c`. */
  readonly id: string;
  /** Bytes; AMD's driver alone says it. */
  readonly memory?: number;
}

/** Source: https://docs.kernel.org/gpu/amdgpu/driver-misc.html for `mem_info_vram_total`. */
const CARDS = '/sys/class/drm';

const VENDOR_NAMES = {
  nvidia: 'NVIDIA GPU',
  amd: 'AMD GPU',
  intel: 'Intel GPU',
  apple: 'Apple GPU',
  other: 'GPU',
} as const satisfies Record<Gpu['vendor'], string>;

/** The graphics cards on the PCI bus that the kernel has a driver for. */
export async function listCards(system: System): Promise<GraphicsCard[]> {
  const names = (await system.list(CARDS)).filter((name) => /^card\d{1,3}$/u.test(name)).sort();
  const cards = await Promise.all(names.map((name) => readCard(system, `${CARDS}/${name}/device`)));
  return cards.flatMap((card) => card ?? []);
}

async function readCard(system: System, folder: string): Promise<GraphicsCard | undefined> {
  const [vendor, device, memory] = await Promise.all(
    ['vendor', 'device', 'mem_info_vram_total'].map((name) => system.readText(`${folder}/${name}`)),
  );
  const [maker, model] = [pciNumber(vendor), pciNumber(device)];
  if (maker === undefined || model === undefined) return undefined;
  const bytes = /^\d{1,15}$/u.test(memory?.trim() ?? '') ? Number(memory) : undefined;
  return {
    vendor: vendorOf(maker),
    id: `${maker}:${model}`,
    ...(bytes === undefined ? {} : { memory: bytes }),
  };
}

/** The cards with the names that Vulkan has for them, else with their numbers. */
export function nameCards(cards: readonly GraphicsCard[], devices: readonly VulkanDevice[]): Gpu[] {
  return cards.map(({ vendor, id, memory }) => ({
    vendor,
    name: devices.find((device) => device.id === id)?.name ?? `${VENDOR_NAMES[vendor]} ${id}`,
    ...(memory === undefined ? {} : { memory }),
  }));
}

function pciNumber(text: string | undefined): string | undefined {
  return /^0x(?<number>[\da-f]{4})$/iu.exec(text?.trim() ?? '')?.groups?.['number']?.toLowerCase();
}
