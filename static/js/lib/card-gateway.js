let loading;

/** The card gateway's own script, loaded once a page's life; its object for a publishable key. */
export async function openGateway(src, key) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = src;
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => {
      loading = undefined;
      script.remove();
      reject(new Error("the card gateway's script isn't there"));
    });
    document.head.append(script);
  });
  await loading;
  return window.Stripe(key);
}

/** Have a card saved, its holder's bank asking them if it wants to; the setup's id. Throws when it wasn't. */
export async function saveCard(gateway, clientSecret, card) {
  const { error, setupIntent } = await gateway.confirmCardSetup(clientSecret, { payment_method: { card } });
  if (error || !setupIntent) {
    throw new Error(error?.message ?? "not saved");
  }
  return setupIntent.id;
}

/** Have a payment's payer asked by their bank. What came of it the server asks the gateway itself. */
export async function authenticate(gateway, clientSecret) {
  await gateway.confirmCardPayment(clientSecret);
}
