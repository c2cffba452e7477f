/** Figures in the language of the page. */

/** A number with so many decimals. */
export function figure(value, decimals = 0) {
  return format(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A number with a unit of Intl's ("second", "megabit-per-second"), or with none. */
export function measure(value, unit, options) {
  return format(value, unit ? { style: "unit", unit, ...options } : options);
}

/** A length as players write it: 1:02:03, or 2:03. */
export function clock(seconds) {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function format(value, options) {
  return new Intl.NumberFormat(document.documentElement.lang, options).format(value);
}
