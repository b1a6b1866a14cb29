export default function Page() {
  return <p>This is the shop.</p>;
}
