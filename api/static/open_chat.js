// Which chat is open, for when the page is loaded again: ids in this tab's own storage, and a customer's alone, which open
// nothing without their login. To a visitor an id is the proof that a chat is theirs, so it is kept nowhere.
const KEY = "tellergraph-chat";

/** `chat`: {owner, session, turn}, or null to forget. */
export function keepOpenChat(chat) {
  withStorage(() => (chat ? sessionStorage.setItem(KEY, JSON.stringify(chat)) : sessionStorage.removeItem(KEY)));
}

export function findOpenChat() {
  return withStorage(() => JSON.parse(sessionStorage.getItem(KEY)));
}

/** A browser may refuse pages a storage, or have lost what was in it: then there is nothing. */
function withStorage(action) {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof SyntaxError)) throw error;
    return null;
  }
}
