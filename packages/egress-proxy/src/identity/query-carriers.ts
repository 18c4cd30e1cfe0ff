// Sources and date as in `carriers.ts`.

/** Keys of a query that are carriers with any value; compared in lower case. */
export const queryCarriers: ReadonlySet<string> = new Set([
  'access_key',
  'access_key_id',
  'access_token',
  'accesskey',
  'accesstoken',
  'api-key',
  'api_key',
  'api_token',
  'apikey',
  'apitoken',
  'app_key',
  'application_key',
  'assertion',
  'auth',
  'auth_token',
  'authkey',
  'authorization',
  'authtoken',
  'awsaccesskeyid',
  'bearer_token',
  'client_assertion',
  'client_secret',
  'crumb',
  'dd-api-key',
  'dd-application-key',
  'googleaccessid',
  'hapikey',
  'id_token',
  'job_token',
  'jsessionid',
  'jwt',
  'key-pair-id',
  'oauth_consumer_key',
  'oauth_signature',
  'oauth_token',
  'ossaccesskeyid',
  'passwd',
  'password',
  'phpsessid',
  'private_token',
  'q-ak',
  'q-signature',
  'refresh_token',
  'secret',
  'sentry_key',
  'sentry_secret',
  'session_token',
  'sessionid',
  // Azure: shared access signatures, `sv` … `sig`.
  'sig',
  'signature',
  'subscription-key',
  'token',
  // Google Cloud Storage: whoever has the id of a resumable upload may write to it.
  'upload_id',
  'user_token',
  'write_key',
  'writekey',
  'x-amz-credential',
  'x-amz-security-token',
  'x-amz-signature',
  'x-goog-api-key',
  'x-goog-credential',
  'x-goog-signature',
  'x-oss-credential',
  'x-oss-signature',
])

/** The same without what parts their words, as servers and libraries differ in that. */
export const queryJoined: ReadonlySet<string> = new Set(
  [
    ...queryCarriers,
    'api_dev_key',
    'api_user_key',
    'feed_token',
    'personal_access_token',
    'rapidapi_key',
    'rss_token',
    'secret_access_key',
  ].map((name) => name.replaceAll(/[_-]/g, '')),
)

/** How the names of other carriers end in a query, words joined; with a value that could be a key. */
export const queryEndings: RegExp =
  /(?:token|secret|apikey|accesskey|accesskeyid|appkey|authkey|privatekey|secretkey|sharedkey|signingkey|userkey|uploadkey|writekey|credentials?|password|sessionkey)$/

/** What has such an ending and turns pages, or goes with a session, or makes a request one of a kind. */
export const queryOtherwise: RegExp =
  /(?:page|next|prev|previous|continuation|sync|skip|delta|marker|resume|cursor|scroll|starting|change|csrf|xsrf|client|request|idempotency|captcha|cancel|watch|cache|list|batch)(?:page)?token$/

/** Keys that name something else as often: carriers when their value could be a key (`isKeyLike`). */
export const queryMaybe: ReadonlySet<string> = new Set(['appid', 'code', 'key', 'sas', 'se_key'])
