import {
  SAMPLING_PARAMETERS,
  type SamplingName,
  parseSamplingValue,
  samplingParameter,
  samplingRange,
} from '../sampling.ts';
import type { LoadSetting } from '../session/host.ts';
import type { Session } from '../session/session.ts';
import { nearest } from '../../nearest.ts';
import type { SlashCommand } from './command.ts';

const UNSET = new Set(['default', 'unset']);

/** `/set`. */
export const setCommand: SlashCommand = {
  name: 'set',
  aliases: ['parameter'],
  arguments: '[name] [value|default]',
  summary: 'Show or change how answers are chosen, or how the model is loaded',
  details: [
    'Without a value it shows what a setting is and takes; `default` leaves it to the model again.',
    'Settings of the second kind, such as ctx-size, hold once the model is loaded again, and it asks.',
  ],
  choices: (session, before) => {
    if (before.length === 0) {
      return [
        ...SAMPLING_PARAMETERS.map(({ name }) => name),
        ...session.host.loadSettings.map(({ name }) => name),
      ];
    }
    return before.length === 1 ? ['default'] : [];
  },
  run: async (session, argument) => {
    const [, typed = '', value = ''] = /^([^\s=]*)\s*=?\s*([\s\S]*)$/u.exec(argument) ?? [];
    if (typed === '') {
      await session.interruptible((signal) => session.refresh(signal));
      listAll(session);
      return undefined;
    }
    const parameter = samplingParameter(typed);
    if (parameter !== undefined) {
      setSampling(session, parameter.name, value);
      return undefined;
    }
    const name = typed.toLowerCase().replace(/^--/u, '').replaceAll('_', '-');
    const setting = session.host.loadSettings.find((entry) => entry.name === name);
    if (setting !== undefined) await setForLoading(session, setting, value);
    else session.io.warn(unknown(session, typed, name));
    return undefined;
  },
};

function setSampling(session: Session, name: SamplingName, value: string): void {
  const { io } = session;
  const parameter = samplingParameter(name);
  if (parameter === undefined) return;
  const range = samplingRange(parameter);
  if (value === '') {
    const now = session.sampling[name] ?? 'left to the model';
    io.say(`${name}: ${now}\n${parameter.description}; ${range}`);
    return;
  }
  const number = UNSET.has(value.toLowerCase()) ? undefined : parseSamplingValue(parameter, value);
  if (number === undefined && !UNSET.has(value.toLowerCase())) {
    io.warn(`${name} takes ${range}, not ${value}`);
    return;
  }
  const { [name]: _old, ...others } = session.sampling;
  session.sampling = number === undefined ? others : { ...others, [name]: number };
  session.saveParameters();
  io.say(`${name}: ${number ?? 'left to the model'}`);
}

async function setForLoading(session: Session, setting: LoadSetting, typed: string): Promise<void> {
  const { io, model } = session;
  const { description, expects, name } = setting;
  if (typed === '') {
    await session.interruptible((signal) => session.refresh(signal));
    const now = session.loadSettings[name] ?? 'as configured';
    io.say(`${name}: ${now}\n${description}; ${expects}`);
    return;
  }
  const value = setting.parse(typed);
  if (value === undefined) {
    io.warn(`${name} must be ${expects}, not ${typed}`);
    return;
  }
  io.note(`${name} takes effect when the model is loaded`);
  await session.interruptible(async (signal) => {
    if (!(await io.confirm(`Load ${model} again with it now?`, true, signal))) {
      io.say('Nothing was changed');
      return;
    }
    await session.changeModel(model, { ...session.loadSettings, [name]: value }, signal);
    io.say(`${name}: ${value}`);
  });
}

function listAll({ host, io, loadSettings, sampling }: Session): void {
  const rows = SAMPLING_PARAMETERS.map((parameter) => {
    const now = sampling[parameter.name];
    const shown = now === undefined ? '-' : String(now);
    return [
      `${parameter.name}  ${shown}`,
      `${parameter.description}; ${samplingRange(parameter)}`,
    ] as const;
  });
  const forLoading = host.loadSettings.map(
    ({ description, name }) => [`${name}  ${loadSettings[name] ?? '-'}`, description] as const,
  );
  io.list(rows);
  io.say('\nWhen the model is loaded:');
  io.list(forLoading);
}

function unknown({ host }: Session, typed: string, name: string): string {
  const names = [
    ...SAMPLING_PARAMETERS.map((parameter) => parameter.name),
    ...host.loadSettings.map((setting) => setting.name),
  ];
  const near = nearest(names, name);
  return `There is no setting ${typed}; ${near === undefined ? '/set lists them' : `did you mean ${near}?`}`;
}
