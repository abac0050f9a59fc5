import { BaseCommand } from '../base-command.ts';
import { diagnose, worstOf } from '../lib/doctor/diagnose.ts';
import type { Finding, Severity } from '../lib/doctor/types.ts';
import { LlameroError } from '../lib/errors.ts';
import { doctorChecks } from '../views/doctor-checks.ts';
import { renderFindings, summariseFindings } from '../views/doctor-text.ts';

/** The `--json` document of `doctor`. */
interface DoctorDocument {
  /** In the order of the checks; what is as it should be stands among them. */
  readonly findings: readonly Finding[];
  /** The severity of the worst of them. */
  readonly worst: Severity;
}

export default class Doctor extends BaseCommand<typeof Doctor> {
  static override summary = 'Look for what is wrong, and say what mends it';

  static override description = `Looks at Node.js, LLAMERO_HOME, the settings, the disk, the engine and how old it is, the GPU, the token of the Hub, the API key, the server's record, aliases, unfinished pulls, and the history. Nothing is changed but what llamero remembers of the disk. The Hub is asked whose the token is, unless offline; nobody else is asked.

Exit codes: 0 as long as nothing is worse than a warning, else that of the first error: 2 for the settings and the API key, 5 for the token, 7 for the disk, 8 for the history, 9 for the engine, 10 for the server.`;

  static override examples = [
    '<%= config.bin %> doctor',
    {
      description: 'what needs attention alone',
      command: '<%= config.bin %> doctor --quiet',
    },
    {
      description: 'the commands that mend it',
      command: "<%= config.bin %> doctor --json | jq -r '.findings[].fix // empty'",
    },
  ];

  async run(): Promise<DoctorDocument> {
    const { context } = this;
    const findings = await diagnose(doctorChecks(context, new Date()), context.signal);
    if (!this.jsonEnabled()) {
      const text = renderFindings(findings, context.terminal);
      if (text !== '') context.terminal.print(text);
      context.terminal.note(summariseFindings(findings));
    }
    const error = findings.find((finding) => finding.severity === 'error');
    if (error !== undefined) {
      process.exitCode = new LlameroError(error.code, error.message).exitCode;
    }
    return { findings, worst: worstOf(findings) };
  }
}
