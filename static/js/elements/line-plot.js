import { measure } from "lib/figures";
import uPlot from "uplot";

const HEIGHT = 144;
const DAY_S = 86400;
const LENGTHS = { month: { month: "short", year: "2-digit" }, day: { day: "numeric", month: "short" } };

/**
 * <line-plot src="..." every="4">: lines over time of JSON {at: [seconds], <name>: [values]}, read anew every so many
 * seconds when `every` says so. Its <span data-series="name"> children name the lines; `data-unit` is one of Intl's,
 * `data-whole` ones have no fractions, `data-currency` ones are amounts, `data-quiet` ones are drawn in grey. A
 * `data-empty` is shown while there is nothing to draw. `by="month"` and `by="day"` have those below, rather than hours.
 */
class LinePlot extends HTMLElement {
  #plot = null;
  #timer = 0;
  #watching;
  #labels = [];
  #canvas;

  connectedCallback() {
    this.#build();
    this.#watching = new ResizeObserver(() => this.#plot?.setSize({ width: this.clientWidth, height: HEIGHT }));
    this.#watching.observe(this);
    this.#refresh();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#watching.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
    this.querySelector(".plot__head")?.remove();
    this.#canvas?.remove();
  }

  get #series() {
    return [...this.querySelectorAll(":scope > [data-series]")];
  }

  #build() {
    const head = document.createElement("div");
    head.className = "plot__head";
    this.#labels = this.#series.map((series) => {
      const label = document.createElement("span");
      const value = document.createElement("strong");
      label.className = `plot__series${"quiet" in series.dataset ? " plot__series--quiet" : ""}`;
      label.append(series.textContent, " ", value);
      head.append(label);
      return value;
    });
    this.#canvas = document.createElement("div");
    this.#canvas.className = "plot__canvas";
    this.#canvas.hidden = true;
    this.prepend(head);
    this.append(this.#canvas);
  }

  async #refresh() {
    if (!document.hidden && this.checkVisibility()) {
      try {
        const response = await fetch(this.getAttribute("src"), { signal: AbortSignal.timeout(8000), redirect: "error" });
        if (response.ok && this.isConnected) {
          this.#draw(await response.json());
        }
      } catch {
        // What is drawn stays until the server answers again.
      }
    }
    const every = Number(this.getAttribute("every"));
    if (every && this.isConnected) {
      this.#timer = setTimeout(() => this.#refresh(), every * 1000);
    }
  }

  #draw(answer) {
    let data = [answer.at, ...this.#series.map((series) => answer[series.dataset.series])];
    if (this.getAttribute("by") === "day" && answer.at.length === 1) {
      // A first day is a line too: up from the day before, on which there was nothing.
      data = [[answer.at[0] - DAY_S, answer.at[0]], ...data.slice(1).map(([value]) => [0, value])];
    }
    const isEmpty = data[0].length < 2;
    this.querySelector("[data-empty]").hidden = !isEmpty;
    this.#canvas.hidden = isEmpty;
    if (isEmpty) {
      return;
    }
    this.#plot ??= new uPlot(this.#options(), data, this.#canvas);
    this.#plot.setData(data);
    this.#label(null);
  }

  /** The values at an index beside the names; the newest when nothing is pointed at. */
  #label(index) {
    for (const [i, series] of this.#series.entries()) {
      const values = this.#plot.data[i + 1];
      const value = values[index ?? values.findLastIndex((one) => one !== null)];
      this.#labels[i].textContent = value == null ? "" : say(value, series.dataset);
    }
  }

  #options() {
    const by = this.getAttribute("by");
    const style = getComputedStyle(this);
    const color = (name) => style.getPropertyValue(`--color-${name}`).trim();
    const font = `12px ${style.fontFamily}`;
    const axis = { stroke: color("muted"), font, grid: { stroke: color("line"), width: 1 }, ticks: { show: false } };
    const clock = { ...axis, size: 28, space: 70, values: (_, at, __, ___, step) => at.map((one) => timeOf(one, step < 60)) };
    const calendar = { ...axis, size: 28, splits: someOf, values: (_, at) => at.map((one) => dayOf(one, LENGTHS[by])) };
    const whole = this.#series.every((series) => "whole" in series.dataset);
    const incrs = whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20000] : undefined;
    const figures = { ...axis, size: 40, values: (_, at) => at.map((one) => measure(one)), incrs };
    return {
      width: this.clientWidth,
      height: HEIGHT,
      padding: [8, 24, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      hooks: { setCursor: [(plot) => this.#label(plot.cursor.idx)] },
      scales: { y: { range: (_, min, max) => [Math.min(0, (min ?? 0) * 1.15), Math.max(whole ? 4 : 0.5, (max ?? 0) * 1.15)] } },
      axes: [by ? calendar : clock, figures],
      series: [
        {},
        ...this.#series.map(({ dataset }) => ({
          stroke: color("quiet" in dataset ? "line-strong" : "accent"),
          width: 2,
          points: { show: (plot) => plot.data[0].length < 4 },
          fill: "quiet" in dataset ? undefined : `color-mix(in srgb, ${color("accent")} 12%, transparent)`,
        })),
      ],
    };
  }
}

function timeOf(seconds, isFine) {
  const timeStyle = isFine ? "medium" : "short";
  return new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle }).format(new Date(seconds * 1000));
}

/** As many of the days or months as there is room for, the last among them. */
function someOf(plot) {
  const [months] = plot.data;
  const every = Math.ceil((months.length * 70) / plot.width);
  return months.filter((_, i) => (months.length - 1 - i) % every === 0);
}

function dayOf(seconds, options) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { ...options, timeZone: "UTC" }).format(new Date(seconds * 1000));
}

function say(value, { unit, whole, currency }) {
  if (currency) {
    return measure(value, undefined, { style: "currency", currency });
  }
  return measure(value, unit, { maximumFractionDigits: whole === undefined ? 1 : 0 });
}

customElements.define("line-plot", LinePlot);
