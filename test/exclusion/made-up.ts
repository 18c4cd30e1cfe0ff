import { randomBytes, randomInt } from 'node:crypto'

/** A secret that nobody ever used, made for one run. */
export interface MadeUp {
  /** Where it lies: a variable, a path below home, or a place of another kind. */
  readonly name: string
  readonly value: string
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const digits = '0123456789'
const hexadecimal = `${digits}abcdef`
const plain = `${letters}${digits}`
const base64 = `${plain}+/`
const url = `${plain}-_`

function some(length: number, alphabet: string = plain): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

function pem(label: string): string {
  const lines = Array.from({ length: 6 }, () => some(64, base64))
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n')
}

function jsonWebToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return [part({ alg: 'RS256' }), part({ sub: some(16) }), some(86, url)].join('.')
}

/** How the value of each variable is made. Shapes are those of the services; every value is random. */
const variables: Readonly<Record<string, () => string>> = {
  ANTHROPIC_API_KEY: () => `sk-ant-api03-${some(93, url)}AA`,
  OPENAI_API_KEY: () => `sk-proj-${some(74, url)}`,
  GEMINI_API_KEY: () => `AIza${some(35, url)}`,
  GITHUB_TOKEN: () => `ghp_${some(36)}`,
  GITLAB_TOKEN: () => `glpat-${some(20, url)}`,
  SLACK_BOT_TOKEN: () => `xoxb-${some(12, digits)}-${some(12, digits)}-${some(24)}`,
  STRIPE_SECRET_KEY: () => `${['sk', 'live'].join('_')}_${some(24)}`,
  SENDGRID_API_KEY: () => `SG.${some(22, url)}.${some(43, url)}`,
  TWILIO_AUTH_TOKEN: () => some(32, hexadecimal),
  HF_TOKEN: () => `hf_${some(34)}`,
  CLOUDFLARE_API_TOKEN: () => some(40, url),
  DD_API_KEY: () => some(32, hexadecimal),
  DIGITALOCEAN_ACCESS_TOKEN: () => `dop_v1_${some(64, hexadecimal)}`,
  NPM_TOKEN: () => `npm_${some(36)}`,
  AWS_ACCESS_KEY_ID: () => `AKIA${some(16, letters.slice(0, 26) + '234567')}`,
  AWS_SECRET_ACCESS_KEY: () => some(40, base64),
  AWS_SESSION_TOKEN: () => some(180, base64),
  DATABASE_PASSWORD: () => `${some(8)}&<${some(8)}"%${some(8)}`,
  SESSION_JWT: jsonWebToken,
  PROXY_PASSWORD: () => `${some(10)}:${some(14)}`,
  DEPLOY_KEY: () => pem('RSA PRIVATE KEY'),
}

/** Files below the host's home, and what each holds around the secret. */
const files: Readonly<
  Record<string, readonly [make: () => string, content: (value: string) => string]>
> = {
  '.aws/credentials': [
    () => some(40, base64),
    (value) => `[default]\naws_secret_access_key = ${value}\n`,
  ],
  '.ssh/id_ed25519': [() => pem('OPENSSH PRIVATE KEY'), (value) => `${value}\n`],
  '.netrc': [() => some(20), (value) => `machine git.test login ci password ${value}\n`],
  '.npmrc': [() => `npm_${some(36)}`, (value) => `//registry.test/:_authToken=${value}\n`],
  '.docker/config.json': [
    () => some(24),
    (value) =>
      JSON.stringify({
        auths: { 'r.test': { auth: Buffer.from(`ci:${value}`).toString('base64') } },
      }),
  ],
  '.config/gh/hosts.yml': [
    () => `gho_${some(36)}`,
    (value) => `git.test:\n  oauth_token: ${value}\n`,
  ],
  '.kube/config': [() => some(48, url), (value) => `users:\n- user:\n    token: ${value}\n`],
  '.config/gcloud/application_default_credentials.json': [
    () => `1//0${some(60, url)}`,
    (value) => JSON.stringify({ type: 'authorized_user', refresh_token: value }),
  ],
  '.git-credentials': [() => some(32, hexadecimal), (value) => `https://ci:${value}@git.test\n`],
  '.pypirc': [
    () => `pypi-${some(80, url)}`,
    (value) => `[private]\nusername = ci\npassword = ${value}\n`,
  ],
  '.vault-token': [() => `hvs.${some(24)}`, (value) => `${value}\n`],
  'keys/service': [() => `key_${some(40, url)}`, (value) => `${value}\n`],
  'keys/command': [() => `cmd_${some(40, url)}`, (value) => `${value}\n`],
  // The policy shows the folder of the first, and hides that file; the second lies beside the folder.
  'workspace/.env': [() => some(40), (value) => `SECRET=${value}\n`],
  'workspace.env': [() => some(40), (value) => `SECRET=${value}\n`],
}

/** What lies neither in a variable nor in a file below home. */
const elsewhere = [
  'argument of the host',
  'file in /tmp',
  'file in /dev/shm',
  'open descriptor',
  'Unix socket',
  'abstract socket',
  'TCP server',
  'kernel keyring',
  'System V shared memory',
  'static source',
  'provider source',
  'leased by Vault',
  'given by OAuth 2.0',
  'refused policy',
  'error of a provider',
  'output of a failed command',
] as const

/** The places that are neither variables nor files. */
export type Elsewhere = (typeof elsewhere)[number]

/** All secrets of one run. */
export interface MadeUpSecrets {
  readonly all: readonly MadeUp[]
  readonly variables: Readonly<Record<string, string>>
  /** Content of each file below home. */
  readonly files: Readonly<Record<string, string>>
  readonly fileValues: Readonly<Record<string, string>>
  readonly elsewhere: Readonly<Record<Elsewhere, string>>
}

/** Makes a secret for every place. */
export function makeSecrets(): MadeUpSecrets {
  const made = Object.entries(variables).map(([name, make]) => ({ name, value: make() }))
  const inFiles = Object.entries(files).map(([name, [make, content]]) => {
    const value = make()
    return { name, value, content: content(value) }
  })
  const others = elsewhere.map((name) => ({ name, value: `${some(6)}-${some(34, url)}` }))
  return {
    all: [...made, ...inFiles, ...others],
    variables: Object.fromEntries(made.map(({ name, value }) => [name, value])),
    files: Object.fromEntries(inFiles.map(({ name, content }) => [name, content])),
    fileValues: Object.fromEntries(inFiles.map(({ name, value }) => [name, value])),
    elsewhere: Object.fromEntries(others.map(({ name, value }) => [name, value])) as Record<
      Elsewhere,
      string
    >,
  }
}

/** A text for one place of a run that must be found. */
export function planted(name: string): MadeUp {
  return { name, value: `planted-${randomBytes(20).toString('base64url')}` }
}
