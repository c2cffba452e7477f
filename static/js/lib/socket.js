/** The page's one connection for events. Nothing is carried yet: who subscribes hears nothing. */
export const socket = {
  subscribe() {
    return () => {};
  },

  async send() {
    throw new Error("not connected");
  },
};
