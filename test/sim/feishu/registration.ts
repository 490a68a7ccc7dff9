/** The accounts service behind "scan to make an app": RFC 8628 with words of its own. */
export class Registration {
  /** What each poll is answered; the last stays. */
  polls: Readonly<Record<string, unknown>>[] = [{ error: 'authorization_pending' }];
  expiresIn = 600;
  interval = 1;
  /** Forms that came in, in order. */
  readonly forms: Readonly<Record<string, string>>[] = [];
  #devices = 0;

  answer(form: Readonly<Record<string, string>>): { status: number; body: object } {
    this.forms.push(form);
    if (form.action === 'begin') return this.#begin(form);
    if (form.action !== 'poll') return refused('invalid_request', 'action');
    if (form.device_code !== `device-${this.#devices}`) return refused('invalid_grant', 'device_code');
    const next = (this.polls.length > 1 ? this.polls.shift() : this.polls[0]) ?? {};
    return { status: 'error' in next ? 400 : 200, body: next };
  }

  #begin(form: Readonly<Record<string, string>>): { status: number; body: object } {
    const { archetype, auth_method, request_user_info } = form;
    if (archetype !== 'PersonalAgent' || auth_method !== 'client_secret' || request_user_info !== 'open_id')
      return refused('invalid_request', 'archetype, auth_method or request_user_info');
    this.#devices++;
    return {
      status: 200,
      body: {
        device_code: `device-${this.#devices}`,
        user_code: 'ABCD-EFGH',
        verification_uri: 'https://open.feishu.cn/page/cli',
        verification_uri_complete: 'https://open.feishu.cn/page/cli?user_code=ABCD-EFGH',
        expires_in: this.expiresIn,
        interval: this.interval,
      },
    };
  }
}

function refused(error: string, error_description: string): { status: number; body: object } {
  return { status: 400, body: { error, error_description } };
}
