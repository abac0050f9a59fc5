import { formatDiskSize } from '../../format.ts';
import { readImage, readTextFile, requireVision } from '../attachments.ts';
import type { Session } from '../session/session.ts';
import type { SlashCommand } from './command.ts';

/** `/image`. */
export const imageCommand = attachCommand({
  name: 'image',
  summary: 'Show the model a picture with the next message',
  attach: async (session, path) => {
    const { host } = session;
    const image = await readImage(path, host.workingFolder, host.userHome);
    const props = await session.interruptible(async (signal) =>
      session.props(await session.connect(signal), signal),
    );
    requireVision(props, session.model, [image]);
    session.images = [...session.images, image];
    return { name: image.name, size: Buffer.byteLength(image.data, 'base64') };
  },
});

/** `/file`. */
export const fileCommand = attachCommand({
  name: 'file',
  aliases: ['read'],
  summary: 'Include a text file in the next message',
  attach: async (session, path) => {
    const { host } = session;
    const file = await readTextFile(path, host.workingFolder, host.userHome);
    session.files = [...session.files, file];
    return { name: file.name, size: Buffer.byteLength(file.text) };
  },
});

/** A command that lets something go with the next message. */
interface Attachment extends Pick<SlashCommand, 'name' | 'aliases' | 'summary'> {
  /**
   * Reads it and puts it with the others.
   *
   * @returns its name, and its size in bytes
   * @throws LlameroError why it cannot go with a message
   */
  readonly attach: (
    session: Session,
    path: string,
  ) => Promise<{ readonly name: string; readonly size: number }>;
}

function attachCommand({ attach, ...command }: Attachment): SlashCommand {
  return {
    ...command,
    arguments: '[path|none]',
    choices: () => 'path',
    run: async (session, argument) => {
      if (argument === '') tellPending(session);
      else if (argument.toLowerCase() === 'none') drop(session);
      else {
        const { name, size } = await attach(session, unquoted(argument));
        session.io.say(`${name} (${formatDiskSize(size)}) goes with your next message`);
      }
      return undefined;
    },
  };
}

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
