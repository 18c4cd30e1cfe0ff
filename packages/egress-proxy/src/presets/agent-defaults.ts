import type { Budgets, ResourcePolicy } from '@caisson/core'

const MiB = 1_048_576

/**
 * Files of a workspace that hold secrets by custom. What an agent does not see, it cannot be talked into
 * telling a model or a repository.
 */
export const hiddenByDefault: readonly string[] = Object.freeze([
  '**/.env',
  '**/.env.local',
  '**/.env.*.local',
  '**/.env.development',
  '**/.env.production',
  '**/.env.staging',
  '**/.envrc',
  '**/.dev.vars',
  '**/.netrc',
  '**/.npmrc',
  '**/.pypirc',
  '**/.git-credentials',
  '**/.aws/credentials',
  '**/.docker/config.json',
  '**/.kube/config',
  '**/id_rsa',
  '**/id_ecdsa',
  '**/id_ed25519',
  '**/*.p12',
  '**/*.pfx',
  '**/*.tfstate',
  '**/credentials.json',
  '**/service-account*.json',
])

/** A day of model calls and some installations; nothing is tunnelled. */
export const agentBudgets: Budgets = Object.freeze({
  bytesPerRequest: 32 * MiB,
  bytesPerWindow: 256 * MiB,
  windowMs: 3_600_000,
  bytesTotal: 1024 * MiB,
  urlBytesPerWindow: 2 * MiB,
  requestsPerSecond: 300,
  openTunnels: 0,
  distinctNames: 64,
})

/** A build and its tests. */
export const agentResources: ResourcePolicy = Object.freeze({
  memoryMiB: 4096,
  pids: 1024,
  diskMiB: 4096,
})
