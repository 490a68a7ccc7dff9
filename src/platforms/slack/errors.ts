import { AppError, type ErrorKind } from '../../core/errors.ts';

/**
 * What a call does when it is repeated. `send`: posts again, so an unknown outcome must be told as `ambiguous`;
 * `repeatable`: changes nothing more, so an unknown outcome is just a failed attempt.
 */
export type CallKind = 'send' | 'repeatable';

/** A refusal with the service's own word for it. */
export class SlackRefusal extends AppError {
  readonly word: string;

  constructor(method: string, word: string, kind: ErrorKind, advice?: string) {
    super(`slack_${kind}`, `${method}: ${word}`, {
      kind,
      ...(advice ? { advice } : {}),
      ...(kind === 'rate_limit' ? { retryAfterMs: 1000 } : {}),
    });
    this.word = word;
  }
}

/** Connection errors at which no request can have reached the service. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EAI_FAIL|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|EPROTO|CERT_\w+|ERR_TLS\w*|ERR_SSL\w*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT\w*|UNABLE_TO_\w+)$/;

/** The error words of the Web API, from the method pages, by what they mean for us. */
const kinds: ReadonlyMap<string, ErrorKind> = new Map(
  (
    [
      ['rate_limit', 'ratelimited rate_limited message_limit_exceeded'],
      ['auth', 'invalid_auth not_authed token_revoked token_expired account_inactive invalid_token'],
      ['permission', 'missing_scope not_allowed_token_type no_permission not_in_channel restricted_action'],
      [
        'permission',
        'restricted_action_read_only_channel restricted_action_thread_only_channel access_denied',
      ],
      ['permission', 'cant_update_message cant_delete_message ekm_access_denied org_login_required'],
      ['permission', 'restricted_action_non_threadable_channel team_access_not_granted edit_window_closed'],
      ['not_found', 'channel_not_found message_not_found user_not_found thread_not_found file_not_found'],
      ['not_found', 'file_deleted is_archived cannot_reply_to_message message_not_in_streaming_state'],
      ['validation', 'invalid_blocks invalid_blocks_format msg_too_long msg_blocks_too_long no_text'],
      [
        'validation',
        'invalid_arguments invalid_arg_name invalid_args too_many_attachments invalid_metadata_format',
      ],
      ['validation', 'markdown_text_conflict block_mismatch invalid_metadata_schema metadata_too_large'],
      ['unavailable', 'internal_error fatal_error service_unavailable request_timeout team_added_to_org'],
    ] as const
  ).flatMap(([kind, words]) => words.split(' ').map((word): [string, ErrorKind] => [word, kind])),
);

const advice: Readonly<Record<string, string>> = {
  invalid_auth: 'copy the token again from the app page, and check that it belongs to this app',
  not_authed: 'copy the token again from the app page',
  token_revoked: 'install the app to the workspace again and copy the new bot_token',
  token_expired: 'install the app to the workspace again and copy the new bot_token',
  account_inactive: 'the app was removed from the workspace: install it again and copy the new bot_token',
  not_in_channel: 'invite the bot to the channel with /invite',
  not_allowed_token_type: 'bot_token must begin with xoxb-, app_token with xapp-',
};

/** Makes an `AppError` of an answer `{"ok": false, "error": word}`. `needed` is the scope that is missing. */
export function refusal(method: string, word: string, kind: CallKind, needed?: string): SlackRefusal {
  const meaning = kinds.get(word) ?? 'permanent';
  // The service says itself that some of the work may have been done before these.
  if (meaning === 'unavailable' && kind === 'send') return new SlackRefusal(method, word, 'ambiguous');
  const fix =
    word === 'missing_scope'
      ? `add the scope ${needed ?? 'that is missing'} under OAuth & Permissions and install the app again`
      : advice[word];
  return new SlackRefusal(method, word, meaning, fix);
}

/** The service's word of a refusal. */
export function wordOf(error: unknown): string | undefined {
  return error instanceof SlackRefusal ? error.word : undefined;
}

export function rateLimited(method: string, seconds: number): AppError {
  return new AppError('slack_rate_limit', `${method}: too many requests`, {
    kind: 'rate_limit',
    retryAfterMs: Math.max(1, seconds) * 1000,
  });
}

/** An answer without JSON, such as a 502 of a proxy in between. */
export function brokenAnswer(method: string, status: number, kind: CallKind): AppError {
  return new AppError('slack_broken', `${method} was answered with status ${status}`, {
    kind: kind === 'send' ? 'ambiguous' : 'unavailable',
  });
}

/** A failure without an answer. Only words chosen here get out: others may hold the address or the token. */
export function transportError(method: string, error: unknown, kind: CallKind, aborted: boolean): AppError {
  const { code: raw, syscall } = error as NodeJS.ErrnoException;
  const code = typeof raw === 'string' ? raw : '';
  if (!aborted && (neverSent.test(code) || syscall === 'connect'))
    return new AppError('slack_unreachable', `Slack cannot be reached (${code})`, {
      kind: 'network',
      advice: 'check the network of this machine, the proxy and api_url',
    });
  return new AppError(
    aborted ? 'slack_aborted' : 'slack_connection',
    `${method} ${aborted ? 'got no answer in time or was aborted' : `lost its connection (${code || 'no code'})`}`,
    { kind: kind === 'send' ? 'ambiguous' : 'network' },
  );
}
