import { askForAd, tellOfAd } from "lib/ad-calls";
import { fillText } from "lib/fill-text";
import { socket } from "lib/socket";

/** Not everybody asks at once. */
const SPREAD_MS = 10000;
const IN_VIEW_MS = 1000;

/**
 * <chat-ads channel="7" offer-url="..." event-url="..." click-url="..."> around a <template> of a card: when the chat is
 * lively, and it is an ad's turn, this viewer's card is put among the lines. It leaves with the lines around it.
 */
class ChatAds extends HTMLElement {
  #leave = null;
  #timer = 0;

  connectedCallback() {
    const topic = `chat.channel.${this.getAttribute("channel")}`;
    this.#leave = socket.subscribe(topic, (event) => event.type === "ad_slot" && this.#askSoon());
  }

  disconnectedCallback() {
    this.#leave();
    clearTimeout(this.#timer);
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), Math.random() * SPREAD_MS);
  }

  async #ask() {
    const lines = document.querySelector("chat-room [data-lines]");
    if (document.hidden || !lines?.checkVisibility()) {
      return;
    }
    const wish = { channel: Number(this.getAttribute("channel")), format: "chat" };
    const ad = await askForAd(this.getAttribute("offer-url"), wish);
    if (ad && lines.isConnected) {
      this.#put(ad, lines);
    }
  }

  #put(ad, lines) {
    const card = this.querySelector("template").content.cloneNode(true);
    const texts = { "[data-ad-name]": ad.advertiser, "[data-ad-title]": ad.title, "[data-ad-text]": ad.text };
    for (const [place, text] of Object.entries(texts)) {
      card.querySelector(place).textContent = text;
    }
    const visit = card.querySelector("[data-ad-visit]");
    visit.textContent = fillText(visit.dataset.text, { domain: ad.domain });
    visit.href = `${this.getAttribute("click-url")}?t=${encodeURIComponent(ad.token)}`;
    const item = document.createElement("li");
    item.append(card);
    const box = lines.parentElement;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
    lines.append(item);
    if (isAtEnd) {
      box.scrollTop = box.scrollHeight;
    }
    this.#watch(item, ad);
  }

  /** Seen is half of it for a second. */
  #watch(item, ad) {
    const tell = (event) => tellOfAd(this.getAttribute("event-url"), ad.token, event);
    let timer = 0;
    let isTold = false;
    const observer = new IntersectionObserver(([{ isIntersecting }]) => {
      clearTimeout(timer);
      if (isIntersecting && !document.hidden) {
        if (!isTold) {
          isTold = true;
          tell("imp");
        }
        timer = setTimeout(() => {
          observer.disconnect();
          if (item.isConnected && !document.hidden) {
            tell("v2");
          }
        }, IN_VIEW_MS);
      }
    }, { threshold: 0.5 });
    observer.observe(item);
  }
}

customElements.define("chat-ads", ChatAds);
