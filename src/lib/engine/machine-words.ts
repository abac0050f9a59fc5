import { oneLine } from '../plain-text.ts';
import type { Gpu, Machine } from './machine.ts';

/** Longer than any name of a GPU. */
const LONGEST_NAME = 120;

/** PCI numbers of vendors. Source: https://pci-ids.ucw.cz */
const VENDORS = new Map<string, Gpu['vendor']>([
  ['10de', 'nvidia'],
  ['1002', 'amd'],
  ['8086', 'intel'],
  ['106b', 'apple'],
]);

/** The vendor of a PCI number in hexadecimal, with or without `0x`. */
export function vendorOf(number: string): Gpu['vendor'] {
  return VENDORS.get(number.trim().toLowerCase().replace(/^0x/u, '').padStart(4, '0')) ?? 'other';
}

/** A name that a driver gives, made safe to show; undefined when nothing is left of it. */
export function cleanName(text: string): string | undefined {
  const name = oneLine(text).slice(0, LONGEST_NAME).trim();
  return name === '' ? undefined : name;
}

/** Node's word for a processor, in ours. */
export function processArchitecture(architecture: string): Machine['architecture'] {
  return architecture === 'x64' || architecture === 'arm64' ? architecture : 'other';
}

/** The first dotted number in a text: `12.4` in `CUDA Version: 12.4`. */
export function dottedNumber(text: string | undefined): string | undefined {
  return /(?<![\d.])\d{1,6}(?:\.\d{1,6}){1,3}(?![\d.])/u.exec(text ?? '')?.[0];
}
