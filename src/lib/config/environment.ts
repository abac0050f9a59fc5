/** The environment of the process, handed in so that nothing below the commands reads a global. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What an environment variable is about, for the help page that lists them. */
export type EnvironmentGroup = 'llamero' | 'hub' | 'engine' | 'network' | 'terminal';

/** Every environment variable that llamero reads or passes on, in the order of the help page. */
export const ENVIRONMENT_VARIABLES = [
  {
    name: 'LLAMERO_HOME',
    group: 'llamero',
    description: 'Folder of models, engines, logs and settings (default ~/.llamero)',
  },
  {
    name: 'LLAMERO_CONFIG',
    group: 'llamero',
    description: 'The settings file (default config.yaml in LLAMERO_HOME)',
  },
  {
    name: 'LLAMERO_OFFLINE',
    group: 'llamero',
    description: 'Make no request to the hub or for a release: 1, on, yes or true',
  },
  {
    name: 'LLAMERO_NOHISTORY',
    group: 'llamero',
    description: 'Keep no conversation: 1, on, yes or true',
  },
  {
    name: 'LLAMERO_DEBUG',
    group: 'llamero',
    description: 'Show where in the code an error arose: any value but 0',
  },
  {
    name: 'LLAMERO_LLAMA_SERVER',
    group: 'engine',
    description: 'Run this llama-server instead of an installed one',
  },
  {
    name: 'LLAMERO_RELEASES_URL',
    group: 'engine',
    description: 'Base of the GitHub API of ggml-org/llama.cpp, for a mirror',
  },
  {
    name: 'LLAMERO_HOST',
    group: 'engine',
    description: 'Address on which the server listens (default 127.0.0.1)',
  },
  {
    name: 'LLAMERO_PORT',
    group: 'engine',
    description: 'Port on which the server listens (default 5526)',
  },
  {
    name: 'LLAMERO_API_KEY',
    group: 'engine',
    description: 'Key that the server asks its clients for, and that llamero sends it',
  },
  {
    name: 'GH_TOKEN',
    group: 'engine',
    description: 'GitHub token for the release list, against its rate limit',
  },
  {
    name: 'GITHUB_TOKEN',
    group: 'engine',
    description: 'The same, read when GH_TOKEN is not set',
  },
  {
    name: 'XDG_CONFIG_HOME',
    group: 'engine',
    description:
      "Folder of settings, looked into for llama.cpp's own, and where fish completion is installed (default ~/.config)",
  },
  {
    name: 'APPDATA',
    group: 'engine',
    description: 'The same on Windows',
  },
  {
    name: 'PROGRAMDATA',
    group: 'engine',
    description: 'The same on Windows, for all its users',
  },
  {
    name: 'HF_TOKEN',
    group: 'hub',
    description: 'Access token of the hub, for gated and private repositories',
  },
  {
    name: 'HUGGING_FACE_HUB_TOKEN',
    group: 'hub',
    description: 'The same, read when HF_TOKEN is not set',
  },
  {
    name: 'HF_TOKEN_PATH',
    group: 'hub',
    description: 'File that holds the access token (default token in HF_HOME)',
  },
  {
    name: 'HF_HUB_DISABLE_IMPLICIT_TOKEN',
    group: 'hub',
    description: 'Send no token that was merely found: 1, on, yes or true',
  },
  {
    name: 'HF_HOME',
    group: 'hub',
    description: 'Folder of the Hugging Face tools (default ~/.cache/huggingface)',
  },
  {
    name: 'HF_HUB_CACHE',
    group: 'hub',
    description: 'Model cache of the Hugging Face tools (default hub in HF_HOME)',
  },
  {
    name: 'HUGGINGFACE_HUB_CACHE',
    group: 'hub',
    description: 'The same, read when HF_HUB_CACHE is not set',
  },
  {
    name: 'XDG_CACHE_HOME',
    group: 'hub',
    description: 'Folder of caches, in which HF_HOME lies unless it is set (default ~/.cache)',
  },
  {
    name: 'LLAMA_CACHE',
    group: 'hub',
    description: 'Cache of llama.cpp, in which files to pull are looked for',
  },
  {
    name: 'OLLAMA_MODELS',
    group: 'hub',
    description:
      'Models of Ollama, in which files to pull are looked for (default ~/.ollama/models)',
  },
  {
    name: 'LOCALAPPDATA',
    group: 'hub',
    description: 'On Windows, the folder that holds older caches of llama.cpp',
  },
  {
    name: 'HF_ENDPOINT',
    group: 'hub',
    description: 'Address of the hub (default https://huggingface.co)',
  },
  {
    name: 'HF_HUB_OFFLINE',
    group: 'hub',
    description: 'Make no request to the hub; read when LLAMERO_OFFLINE is not set',
  },
  {
    name: 'HTTPS_PROXY',
    group: 'network',
    description: 'Proxy for https addresses (also in lower case)',
  },
  {
    name: 'HTTP_PROXY',
    group: 'network',
    description: 'Proxy for http addresses (also in lower case)',
  },
  {
    name: 'NO_PROXY',
    group: 'network',
    description: 'Hosts that are reached without a proxy (also in lower case)',
  },
  {
    name: 'NODE_EXTRA_CA_CERTS',
    group: 'network',
    description: 'File with further certificate authorities, in PEM',
  },
  { name: 'NO_COLOR', group: 'terminal', description: 'Any value: no colours' },
  {
    name: 'FORCE_COLOR',
    group: 'terminal',
    description: 'Colours even where there is no terminal (0: none)',
  },
  {
    name: 'ZDOTDIR',
    group: 'terminal',
    description: 'Folder of .zshrc, to which `llamero completion zsh --install` adds (default ~)',
  },
  { name: 'VISUAL', group: 'terminal', description: 'Editor of `llamero config edit`' },
  {
    name: 'EDITOR',
    group: 'terminal',
    description: 'The same, read when VISUAL is not set',
  },
] as const satisfies readonly { name: string; group: EnvironmentGroup; description: string }[];

/** The name of an environment variable of the contract. */
export type EnvironmentVariable = (typeof ENVIRONMENT_VARIABLES)[number]['name'];

/** The value of a variable without surrounding blanks. An empty variable counts as not set. */
export function readVariable(
  environment: Environment,
  name: EnvironmentVariable,
): string | undefined {
  const text = environment[name]?.trim();
  return text === '' ? undefined : text;
}

/**
 * Whether a switch is on, as huggingface_hub reads its own: 1, on, yes and true in any case; all
 * else is off (https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables).
 */
export function isSwitchedOn(text: string | undefined): boolean {
  return /^(?:1|on|yes|true)$/iu.test(text?.trim() ?? '');
}
