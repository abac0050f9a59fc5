import { formatDiskSize } from '../../format.ts';
import { readImage, readTextFile, requireVision } from '../attachments.ts';
import type { Session } from '../session/session.ts';
import type { SlashCommand } from './command.ts';

/** `/image`. */
export const imageCommand: SlashCommand = {
  name: 'image',
  arguments: '[path|none]',
  summary: 'Show the model a picture with the next message',
  choices: () => 'path',
  run: async (session, argument) => {
    const { host, io } = session;
    if (argument === '') tellPending(session);
    else if (argument.toLowerCase() === 'none') drop(session);
    else {
      const image = await readImage(unquoted(argument), host.workingFolder, host.userHome);
      const props = await session.interruptible(async (signal) =>
        session.props(await session.connect(signal), signal),
      );
      requireVision(props, session.model, [image]);
      session.images = [...session.images, image];
      const size = formatDiskSize(Buffer.byteLength(image.data, 'base64'));
      io.say(`${image.name} (${size}) goes with your next message`);
    }
    return undefined;
  },
};

/** `/file`. */
export const fileCommand: SlashCommand = {
  name: 'file',
  aliases: ['read'],
  arguments: '[path|none]',
  summary: 'Include a text file in the next message',
  choices: () => 'path',
  run: async (session, argument) => {
    const { host, io } = session;
    if (argument === '') tellPending(session);
    else if (argument.toLowerCase() === 'none') drop(session);
    else {
      const file = await readTextFile(unquoted(argument), host.workingFolder, host.userHome);
      session.files = [...session.files, file];
      const size = formatDiskSize(Buffer.byteLength(file.text));
      io.say(`${file.name} (${size}) goes with your next message`);
    }
    return undefined;
  },
};

function tellPending({ files, images, io }: Session): void {
  const names = [...images, ...files].map(({ name }) => name);
  io.say(
    names.length === 0
      ? 'Nothing goes with your next message'
      : `With your next message: ${names.join(', ')}`,
  );
}

function drop(session: Session): void {
  session.files = [];
  session.images = [];
  tellPending(session);
}

/** A path as a shell would take it: without quotes, with `\` before blanks taken away. */
function unquoted(path: string): string {
  const quoted = /^(["'])(.*)\1$/su.exec(path);
  return quoted === null ? path.replaceAll('\\ ', ' ') : (quoted[2] ?? '');
}
