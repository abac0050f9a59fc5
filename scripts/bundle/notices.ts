import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const PACKAGE = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/u;
const LICENCE = /^(?:licen[cs]e|copying|notice)/iu;
const RULE = `\n${'-'.repeat(80)}\n\n`;

/** What package.json says about whose the package is. */
interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
  readonly homepage?: string;
}

/**
 * The text of THIRD-PARTY.txt: every package of which something is in a bundle, with its licence as
 * it came.
 *
 * @throws when a package names no licence
 */
export function makeNotices(moduleIds: readonly string[]): string {
  const packages = new Set(moduleIds.flatMap((id) => PACKAGE.exec(id)?.[1] ?? []));
  const notices = [...packages].map(noticeOf).sort();
  const head =
    'llamero contains code of these packages, under the licences that follow each name.\n';
  return [head, ...notices].join(RULE);
}

function noticeOf(folder: string): string {
  const text = readFileSync(path.join(folder, 'package.json'), 'utf8');
  const { author, homepage, license, name, version } = JSON.parse(text) as PackageRecord;
  if (license === undefined) throw new Error(`${name} names no licence: it may not be bundled`);
  const holder = typeof author === 'string' ? author : author?.name;
  const about = [`${name} ${version}`, `Licence: ${license}`, holder, homepage];
  const texts = readdirSync(folder)
    .filter((file) => LICENCE.test(file))
    .map((file) => `\n${readFileSync(path.join(folder, file), 'utf8').trim()}`);
  return `${[...about.filter(Boolean), ...texts].join('\n')}\n`;
}
