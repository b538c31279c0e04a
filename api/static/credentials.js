// What customers do about their own login, over HTTP. Logging in and out is in api.js, which keeps the tokens.

export class Credentials {
  #api;

  constructor(api) {
    this.#api = api;
  }

  sendVerification() {
    return this.#api.ask("POST", "api/v1/auth/verification");
  }

  /** The customer, whose address is confirmed now. */
  confirmVerification(code) {
    return this.#api.ask("POST", "api/v1/auth/verification/confirm", { code });
  }

  /** The same answer for an address without a login. */
  askReset(email) {
    return this.#api.ask("POST", "api/v1/auth/password/reset", { email });
  }

  resetPassword(email, token, password) {
    return this.#api.ask("POST", "api/v1/auth/password/reset/confirm", { email, token, new_password: password });
  }

  changePassword(current, password) {
    return this.#api.ask("PUT", "api/v1/auth/password", { current_password: current, new_password: password });
  }

  /** Where the customer is logged in, the latest use first. */
  async sessions() {
    return (await this.#api.ask("GET", "api/v1/auth/sessions")).sessions;
  }

  endSession(sessionId) {
    return this.#api.ask("DELETE", `api/v1/auth/sessions/${encodeURIComponent(sessionId)}`);
  }

  /** {in_use, since}: the authenticator app. */
  app() {
    return this.#api.ask("GET", "api/v1/auth/totp");
  }

  /** {secret, otpauth_uri}, shown once; a code is sent as well. */
  beginApp() {
    return this.#api.ask("POST", "api/v1/auth/totp");
  }

  confirmApp(code, delivered) {
    return this.#api.ask("POST", "api/v1/auth/totp/confirm", { code, delivered_code: delivered });
  }

  removeApp(code) {
    return this.#api.ask("DELETE", "api/v1/auth/totp", { code });
  }

  /** {required, recovery_codes_left}: whether a code is asked for at login. */
  secondFactor() {
    return this.#api.ask("GET", "api/v1/auth/second-factor");
  }

  /** Ten recovery codes, shown once. */
  async requireSecondFactor(password, code) {
    return (await this.#api.ask("POST", "api/v1/auth/second-factor", { password, code })).recovery_codes;
  }

  dropSecondFactor(password, code) {
    return this.#api.ask("DELETE", "api/v1/auth/second-factor", { password, code });
  }

  async renewRecoveryCodes(password, code) {
    return (await this.#api.ask("POST", "api/v1/auth/second-factor/recovery-codes", { password, code })).recovery_codes;
  }

  /** The message for a new password that is good now, or null: in the demo anybody reads it. */
  async demoMailbox(email) {
    return (await this.#api.ask("POST", "api/v1/demo/mailbox", { email })).message;
  }
}
