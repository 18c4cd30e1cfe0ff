import type { Credential } from '@caisson/core'
import type { Dummy } from './keeper.ts'
import { lookAlikeFor, lookAlikeOf } from './look-alike.ts'
import { base62, randomText } from './random-text.ts'

const awsSecretLength = 40

/**
 * What programs inside may send in place of a secret: random, another one each time, of the shape that the
 * policy says or the variable's name makes likely.
 */
export function makeDummy({ carrier, source, expose, dummyPrefix }: Credential): Dummy {
  const value = look({ carrier, source, expose, dummyPrefix })
  if (expose === undefined) return { value, environment: {} }
  if (!('sigv4' in carrier)) return { value, environment: { [expose]: value } }
  const secret = randomText(awsSecretLength, `${base62}+/`)
  return { value, environment: { AWS_SECRET_ACCESS_KEY: secret, [expose]: value } }
}

function look({ carrier, source, expose, dummyPrefix }: Credential): string {
  if (dummyPrefix !== undefined) return lookAlikeOf(dummyPrefix)
  if ('sigv4' in carrier) return lookAlikeOf('AKIA')
  if ('githubApp' in source) return lookAlikeOf('ghs_')
  return lookAlikeFor(expose ?? '')
}

/** The variables that a credential sets inside. */
export function exposedBy({ carrier, expose }: Credential): readonly string[] {
  if (expose === undefined) return []
  return 'sigv4' in carrier ? [expose, 'AWS_SECRET_ACCESS_KEY'] : [expose]
}
