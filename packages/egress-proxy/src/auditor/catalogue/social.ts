import { foreign, nobody, own } from './probe.ts'
import type { CatalogueRow } from './row.ts'

const keys = ['authorization', 'cookie']

/** Where anybody publishes. */
export const social: readonly CatalogueRow[] = [
  {
    row: 72,
    id: 'social-media',
    title: 'Text can be published in public',
    endpoints: 'POST of a post, a comment or a video',
    how: 'A public post holds the data, in the attacker’s name or yours.',
    remedy: 'allow reading without a credential, or leave the hosts out',
    hosts: [
      'reddit.com',
      'www.reddit.com',
      'oauth.reddit.com',
      'x.com',
      'api.x.com',
      'twitter.com',
      'api.twitter.com',
      'upload.twitter.com',
      'youtube.com',
      'www.youtube.com',
      'youtube.googleapis.com',
      'api.tumblr.com',
      'public-api.wordpress.com',
      'blogger.googleapis.com',
      'bsky.social',
      'mastodon.social',
      'api.linkedin.com',
      'graph.facebook.com',
      'dev.to',
      'api.medium.com',
      'stackoverflow.com',
      'api.stackexchange.com',
    ],
    shared: ['*.wordpress.com', '*.blogspot.com', '*.tumblr.com'],
    closes: ['unlisted'],
    tags: ['upload'],
    probes: [
      ...foreign('POST /api/submit', keys),
      ...foreign('POST /2/tweets', keys, { json: {} }),
      ...nobody('POST /api/submit'),
      ...own('POST /api/submit', { severity: 'high' }),
      ...own('POST /2/tweets', { json: {}, severity: 'high' }),
    ],
    safe: 'read',
  },
]
