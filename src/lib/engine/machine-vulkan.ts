import type { Gpu } from './machine.ts';
import { cleanName, vendorOf } from './machine-words.ts';
import type { System } from './system.ts';

/** A device that Vulkan shows. */
export interface VulkanDevice {
  readonly vendor: Gpu['vendor'];
  /** The PCI numbers of vendor and device in hexadecimal: `1002:744c`. */
  readonly id: string;
  readonly name: string;
  /** The Vulkan it speaks: `1.3.274`. */
  readonly version: string | undefined;
  /** A renderer in software, as llvmpipe. */
  readonly software: boolean;
}

/** The devices that `vulkaninfo --summary` shows; undefined when it is not there. */
export async function askVulkan(system: System): Promise<readonly VulkanDevice[] | undefined> {
  const summary = await system.run('vulkaninfo', ['--summary']);
  return summary === undefined ? undefined : parseVulkanSummary(summary);
}

/** Reads the blocks `GPU0:` and so on of `vulkaninfo --summary`. */
function parseVulkanSummary(summary: string): VulkanDevice[] {
  return summary
    .split(/^GPU\d+:/mu)
    .slice(1)
    .flatMap((block) => {
      const value = (key: string): string =>
        new RegExp(`^\\s*${key}\\s*=\\s*(.*)$`, 'mu').exec(block)?.[1]?.trim() ?? '';
      const name = cleanName(value('deviceName'));
      if (name === undefined) return [];
      const [vendor, device] = [hexadecimal(value('vendorID')), hexadecimal(value('deviceID'))];
      return [
        {
          vendor: vendorOf(vendor),
          id: `${vendor}:${device}`,
          name,
          // Older ones write the packed number first: `4206847 (1.3.255)`.
          version: /\d{1,4}\.\d{1,4}\.\d{1,6}/u.exec(value('apiVersion'))?.[0],
          software: value('deviceType').endsWith('_CPU'),
        },
      ];
    });
}

function hexadecimal(text: string): string {
  return text.toLowerCase().replace(/^0x/u, '').padStart(4, '0');
}
