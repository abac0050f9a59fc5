import type { StoredModel } from './model.ts';

/** A repository with its names in lower case. */
export interface RepoNames {
  readonly repo: string;
  /** `user/repo`. */
  readonly whole: string;
  /** Without the user. */
  readonly own: string;
  /** Without the user, and without the `-GGUF` that most repositories end in. */
  readonly bare: string;
  readonly models: readonly StoredModel[];
}

/** A name in lower case without the `-gguf` that most repositories end in. */
export function withoutFormat(name: string): string {
  return name.replace(/[-_.]gguf$/u, '');
}

/** The names by which a repository is looked up. */
export function namesOf(repo: string, models: readonly StoredModel[]): RepoNames {
  const whole = repo.toLowerCase();
  const own = whole.slice(whole.indexOf('/') + 1);
  return { repo, whole, own, bare: withoutFormat(own), models };
}
