import { z } from 'zod'
import { closedObject } from './closed-object.ts'
import { baseUrl, serviceUrl } from './service-url.ts'
import { oneKind } from './one-kind.ts'
import { secretSchema } from './secret-schema.ts'
import type {
  AwsKeysSource,
  AwsRoleSource,
  CredentialSource,
  GcpImpersonationSource,
  GitHubAppSource,
  OAuth2Source,
  VaultSource,
} from './types.ts'
import { text, whole } from './values.ts'

const printable = (maxLength: number): z.ZodString =>
  text(maxLength).regex(/^[!-~]+$/, 'must be printable ASCII without blanks')

const oauth2: z.ZodType<OAuth2Source> = closedObject({
  tokenUrl: serviceUrl,
  clientId: text(1024),
  clientSecret: secretSchema.optional(),
  clientAuth: z.enum(['basic', 'form']).optional(),
  scope: text(4096).optional(),
  audience: text(2048).optional(),
  resource: text(2048).optional(),
  subject: closedObject({
    token: secretSchema,
    type: printable(256).optional(),
    requestedType: printable(256).optional(),
  }).optional(),
  revokeUrl: serviceUrl.optional(),
} satisfies Record<keyof OAuth2Source, z.ZodType>)

const repository = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,100}$/, 'must be the name of a repository, without its owner')

const permission = z.string().regex(/^[a-z_]{1,64}$/, 'must be the name of a permission of GitHub')

const githubApp: z.ZodType<GitHubAppSource> = closedObject({
  appId: z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be the id of an app, as text'),
  installationId: whole(1, Number.MAX_SAFE_INTEGER),
  privateKey: secretSchema,
  // GitHub reads an empty list as no bound at all.
  repositories: z.array(repository).min(1, 'must name a repository').max(500).optional(),
  permissions: z
    .record(permission, z.enum(['read', 'write', 'admin']))
    .refine((all) => Object.keys(all).length > 0, 'must name a permission')
    .optional(),
  apiUrl: baseUrl.optional(),
} satisfies Record<keyof GitHubAppSource, z.ZodType>)

const aws: z.ZodType<AwsKeysSource> = closedObject({
  accessKeyId: secretSchema,
  secretAccessKey: secretSchema,
  sessionToken: secretSchema.optional(),
} satisfies Record<keyof AwsKeysSource, z.ZodType>)

/** Longest session policy that STS takes (AssumeRole, `Policy`). */
const maxSessionPolicy = 2048

/** Bounds of `AssumeRole`: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. */
const awsRole: z.ZodType<AwsRoleSource> = closedObject({
  roleArn: z
    .string()
    .regex(
      /^arn:aws[a-z-]{0,16}:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/,
      'must be the ARN of a role, such as `arn:aws:iam::123456789012:role/reader`',
    ),
  keys: aws,
  region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a region'),
  sessionPolicy: z
    .record(text(64), z.json())
    .refine(
      (policy) => JSON.stringify(policy).length <= maxSessionPolicy,
      `must not be longer than ${maxSessionPolicy} characters as JSON, which is what STS takes`,
    )
    .optional(),
  sessionName: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, 'must be 2 to 64 letters, digits and `+=,.@_-`')
    .optional(),
  durationSeconds: whole(900, 43_200).optional(),
  externalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1224 letters, digits and `+=,.@:/_-`')
    .optional(),
  endpoint: baseUrl.optional(),
} satisfies Record<keyof AwsRoleSource, z.ZodType>)

const account = z
  .string()
  .regex(/^[a-z0-9-]{1,64}@[a-z0-9.-]{1,190}$/, 'must be the e-mail address of a service account')

const gcp: z.ZodType<GcpImpersonationSource> = closedObject({
  serviceAccount: account,
  scopes: z.array(printable(512)).min(1, 'must name a scope').max(100),
  token: secretSchema,
  lifetimeSeconds: whole(1, 43_200).optional(),
  delegates: z.array(account).max(16).optional(),
  endpoint: baseUrl.optional(),
} satisfies Record<keyof GcpImpersonationSource, z.ZodType>)

/** Dots alone would climb out of what was named. */
function isVaultPath(path: string): boolean {
  return path.split('/').every((one) => /^[A-Za-z0-9._~@+=:-]+$/.test(one) && !/^\.+$/.test(one))
}

const vault: z.ZodType<VaultSource> = closedObject({
  address: baseUrl,
  path: text(1024).refine(
    isVaultPath,
    'must be a path below `/v1/`, such as `secret/data/api`, without `/` at either end',
  ),
  field: text(256),
  token: secretSchema,
  namespace: text(256).refine(isVaultPath, 'must be the name of a namespace').optional(),
} satisfies Record<keyof VaultSource, z.ZodType>)

const reference = (key: string): readonly [string, z.ZodType<CredentialSource>] => [
  key,
  secretSchema,
]

/** Schema of where a secret comes from. */
export const sourceSchema: z.ZodType<CredentialSource> = oneKind<CredentialSource>({
  ...Object.fromEntries(['env', 'file', 'command', 'static', 'provider'].map(reference)),
  oauth2: closedObject({ oauth2 }),
  githubApp: closedObject({ githubApp }),
  aws: closedObject({ aws }),
  awsRole: closedObject({ awsRole }),
  gcp: closedObject({ gcp }),
  vault: closedObject({ vault }),
})
