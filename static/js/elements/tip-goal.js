import { fillText } from "lib/fill-text";
import { socket } from "lib/socket";

/** <tip-goal topic="tips.goal.7"> around a title, a bar and a sum: they follow what is given while it is shown. */
class TipGoal extends HTMLElement {
  #leave;

  connectedCallback() {
    this.#leave = socket.subscribe(this.getAttribute("topic"), (event) => this.#onEvent(event));
  }

  disconnectedCallback() {
    this.#leave();
  }

  #onEvent({ type, goal }) {
    if (type === "gone" || type === "closed") {
      this.hidden = true;
    } else if (type === "goal") {
      this.hidden = !goal;
      if (goal) {
        this.#show(goal);
      }
    }
  }

  #show({ title, currency, raised, wanted, percent }) {
    const amounts = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
    const text = this.querySelector("[data-text='sum']").content.textContent;
    this.querySelector("[data-title]").textContent = title;
    this.querySelector("[data-bar]").value = percent;
    const facts = { raised: amounts.format(Number(raised)), wanted: amounts.format(Number(wanted)) };
    this.querySelector("[data-sum]").textContent = fillText(text, facts);
  }
}

customElements.define("tip-goal", TipGoal);
