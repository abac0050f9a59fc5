import { makeDist } from './bundle/dist.ts';
import { writeGenerated } from './generated.ts';
import { writeManPages } from './man.ts';
import { makeManifest, writeManifest } from './manifest.ts';

process.stdout.write('\n▸ command manifest\n');
const manifest = await makeManifest();
await writeManifest(manifest);
process.stdout.write('\n▸ schemas and documentation\n');
await writeGenerated();
process.stdout.write('\n▸ bundle\n');
await makeDist(manifest);
process.stdout.write('\n▸ manual pages\n');
await writeManPages();
