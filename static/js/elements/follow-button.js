import { figure } from "lib/figures";

/** <follow-button> around a form that follows a channel or leaves it: without loading the page anew. */
class FollowButton extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this.#onSubmit);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this.#onSubmit);
  }

  #onSubmit = (event) => {
    event.preventDefault();
    this.#send(event.target);
  };

  async #send(form) {
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const response = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        redirect: "error",
        signal: AbortSignal.timeout(8000),
      });
      if (!response.ok) {
        throw new Error(`follow answered ${response.status}`);
      }
      this.#show(form, button, await response.json());
    } catch {
      // The page itself knows how to say what is wrong.
      form.submit();
    } finally {
      button.disabled = false;
    }
  }

  #show(form, button, { following, followers }) {
    form.elements.follow.value = following ? "0" : "1";
    button.textContent = following ? button.dataset.unfollow : button.dataset.follow;
    button.classList.toggle("button--primary", !following);
    button.setAttribute("aria-pressed", following);
    this.querySelector("[data-followers]").textContent = figure(followers);
  }
}

customElements.define("follow-button", FollowButton);
