/** <ad-preview data-ad="{...}"> around an <ad-break>: the ad plays as on a stream when somebody wants to see it. */
class AdPreview extends HTMLElement {
  connectedCallback() {
    const { ad, video, advertiser, domain } = this.dataset;
    const start = this.querySelector("[data-start]");
    start.addEventListener("click", async () => {
      start.hidden = true;
      await this.querySelector("ad-break").preview({ ...JSON.parse(ad), video, advertiser, domain });
      start.hidden = false;
    });
  }
}

customElements.define("ad-preview", AdPreview);
